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
    {"mlx5-v1", (const char[]){
#embed "../../Resources/Devices/mlx5-v1.toml"
                         , 0}},
    {"hisi-v1", (const char[]){
#embed "../../Resources/Devices/hisi-v1.toml"
                         , 0}},
    {"libvfio-user-v1", (const char[]){
#embed "../../Resources/Devices/libvfio-user-v1.toml"
                         , 0}},
    {"spdk-v1", (const char[]){
#embed "../../Resources/Devices/spdk-v1.toml"
                         , 0}},
    {"qemu-v1", (const char[]){
#embed "../../Resources/Devices/qemu-v1.toml"
                         , 0}},
    {"mlx5", (const char[]){
#embed "../../Resources/Devices/mlx5.toml"
                         , 0}},
    {"hisi-acc", (const char[]){
#embed "../../Resources/Devices/hisi-acc.toml"
                         , 0}},
    {"pds", (const char[]){
#embed "../../Resources/Devices/pds.toml"
                         , 0}},
    {"mtty", (const char[]){
#embed "../../Resources/Devices/mtty.toml"
                         , 0}},
    {"libvfio-user", (const char[]){
#embed "../../Resources/Devices/libvfio-user.toml"
                         , 0}},
    {"qemu", (const char[]){
#embed "../../Resources/Devices/qemu.toml"
                         , 0}},
};

static const struct profile *profile(size_t index) {
  static const struct profile none = {NULL, NULL};
  return index < sizeof profiles / sizeof *profiles ? &profiles[index] : &none;
}

const char *cr_device_name(size_t index) { return profile(index)->name; }
const char *cr_device_text(size_t index) { return profile(index)->text; }
