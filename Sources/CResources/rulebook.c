/* A file of rules is a file in Resources/Rulebook and an entry here. */
#include "CResources.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const struct {
  const char *name;
  const char *text;
} files[] = {
    {"sources", (const char[]){
#embed "../../Resources/Rulebook/sources.toml"
                    , 0}},
    {"v1", (const char[]){
#embed "../../Resources/Rulebook/v1.toml"
               , 0}},
    {"v2", (const char[]){
#embed "../../Resources/Rulebook/v2.toml"
               , 0}},
    {"vfio-user", (const char[]){
#embed "../../Resources/Rulebook/vfio-user.toml"
                      , 0}},
};

const char *cr_rulebook_name(size_t index) { return index < sizeof files / sizeof *files ? files[index].name : NULL; }
const char *cr_rulebook_text(size_t index) { return index < sizeof files / sizeof *files ? files[index].text : NULL; }
