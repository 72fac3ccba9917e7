/* A new scenario is a file in Resources/Scenarios and an entry here. */
#include "CResources.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const struct {
  const char *name;
  const char *text;
} files[] = {
    {"v1-shutdown", (const char[]){
#embed "../../Resources/Scenarios/v1-shutdown.toml"
                   , 0}},
    {"v1-save", (const char[]){
#embed "../../Resources/Scenarios/v1-save.toml"
               , 0}},
    {"v1-live-migration", (const char[]){
#embed "../../Resources/Scenarios/v1-live-migration.toml"
                         , 0}},
    {"v1-resuming", (const char[]){
#embed "../../Resources/Scenarios/v1-resuming.toml"
                   , 0}},
    {"v1-resumed", (const char[]){
#embed "../../Resources/Scenarios/v1-resumed.toml"
                  , 0}},
    {"v1-abort-resuming", (const char[]){
#embed "../../Resources/Scenarios/v1-abort-resuming.toml"
                         , 0}},
    {"v1-error-reset", (const char[]){
#embed "../../Resources/Scenarios/v1-error-reset.toml"
                      , 0}},
    {"v1-not-converging", (const char[]){
#embed "../../Resources/Scenarios/v1-not-converging.toml"
                         , 0}},
    {"v1-refused-stream", (const char[]){
#embed "../../Resources/Scenarios/v1-refused-stream.toml"
                         , 0}},
    {"v1-qemu", (const char[]){
#embed "../../Resources/Scenarios/v1-qemu.toml"
               , 0}},
    {"v2-save-restore", (const char[]){
#embed "../../Resources/Scenarios/v2-save-restore.toml"
                       , 0}},
    {"v2-pre-copy", (const char[]){
#embed "../../Resources/Scenarios/v2-pre-copy.toml"
                   , 0}},
    {"v2-no-way-back", (const char[]){
#embed "../../Resources/Scenarios/v2-no-way-back.toml"
                      , 0}},
    {"v2-refused-state", (const char[]){
#embed "../../Resources/Scenarios/v2-refused-state.toml"
                        , 0}},
    {"v2-abort-resuming", (const char[]){
#embed "../../Resources/Scenarios/v2-abort-resuming.toml"
                         , 0}},
    {"v2-error-reset", (const char[]){
#embed "../../Resources/Scenarios/v2-error-reset.toml"
                      , 0}},
    {"v2-not-converging", (const char[]){
#embed "../../Resources/Scenarios/v2-not-converging.toml"
                         , 0}},
    {"v2-refused-stream", (const char[]){
#embed "../../Resources/Scenarios/v2-refused-stream.toml"
                         , 0}},
    {"v2-qemu", (const char[]){
#embed "../../Resources/Scenarios/v2-qemu.toml"
               , 0}},
};

const char *cr_scenario_name(size_t index) { return index < sizeof files / sizeof *files ? files[index].name : NULL; }
const char *cr_scenario_text(size_t index) { return index < sizeof files / sizeof *files ? files[index].text : NULL; }
