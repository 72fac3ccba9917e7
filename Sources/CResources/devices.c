/* A new profile is a file in Resources/Devices and an entry here. */
#include "CResources.h"

/* #embed is C23; the compiler knows it in every mode and only says so. */
#pragma clang diagnostic ignored "-Wc23-extensions"

struct profile {
  const char *name;
  const char *text;
};

static const struct profile profiles[] = {
    {"v1-reference", (const char[]){
#embed "../../Resources/Devices/v1-reference.toml"
                         , 0}},
    {"v2-reference", (const char[]){
#embed "../../Resources/Devices/v2-reference.toml"
                         , 0}},
};

static const struct profile *profile(size_t index) {
  static const struct profile none = {NULL, NULL};
  return index < sizeof profiles / sizeof *profiles ? &profiles[index] : &none;
}

const char *cr_device_name(size_t index) { return profile(index)->name; }
const char *cr_device_text(size_t index) { return profile(index)->text; }
