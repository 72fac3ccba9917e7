#!/bin/bash
# steps/modules.sh KERNEL: builds the modules that Debian leaves out, next to the stock ones we need.
# Prints the folder: lib/modules as the guest will have it. Debian's 6.12 has neither iommufd nor the
# character devices, debugfs and no-IOMMU mode of vfio; a module can be built without the kernel.
. "$(dirname "$0")/../common.sh"

kernel=$(realpath "$1")
release=$(cat "$kernel/release")
headers=$kernel/headers/src/linux-headers-$release
options="IOMMUFD_DRIVER VFIO_DEVICE_CDEV VFIO_DEBUGFS VFIO_NOIOMMU INTERVAL_TREE_SPAN_ITER"

# The stock modules of the guest; what they need comes along.
stock="nvme e1000 e1000e irqbypass"

# The packages expect to be at /usr/src, and with vmlinux there they want pahole for BTF.
adapt_headers() {
  local common
  common=$(ls -d "$kernel"/headers/src/linux-headers-*-common)
  echo "include $common/Makefile" >"$headers/Makefile"
  rm -f "$headers/vmlinux"
}

copy_sources() {
  local source=$kernel/source
  mkdir -p iommu mtty
  cp -r "$source/drivers/vfio" "$lab/module" .
  cp -r "$source/drivers/iommu/iommufd" "$source/drivers/iommu/iommu-priv.h" iommu
  cp "$source/samples/vfio-mdev/mtty.c" mtty
  echo 'obj-m := mtty.o' >mtty/Kbuild
  echo 'obj-m := iommu/iommufd/ vfio/ mtty/ module/' >Kbuild
}

# Two parts of the kernel proper that iommufd needs and the stock vmlinux does not export.
add_missing_parts() {
  echo 'MODULE_LICENSE("GPL");' >>iommu/iommufd/iova_bitmap.c
  sed -i '1i #include <linux/module.h>' iommu/iommufd/iova_bitmap.c
  {
    printf '#include <linux/%s.h>\n' interval_tree compiler export
    sed -n '/^#ifdef CONFIG_INTERVAL_TREE_SPAN_ITER/,$p' "$kernel/source/lib/interval_tree.c"
  } >iommu/iommufd/span_iter.c
  echo 'iommufd-y += span_iter.o' >>iommu/iommufd/Makefile
}

# The headers' autoconf.h says that these options are off, so the compiler must be told as well.
compile() {
  local flags=-DCONFIG_IOMMUFD_MODULE=1 settings="CONFIG_IOMMUFD=m CONFIG_VFIO=m" option
  for option in $options; do
    flags+=" -DCONFIG_$option=1"
    settings+=" CONFIG_$option=y"
  done
  timeout 900 make -s -j2 -C "$headers" "M=$PWD" $settings CONFIG_IOMMUFD_DRIVER=m \
    CONFIG_VFIO_FSL_MC= CONFIG_VFIO_CDX= CONFIG_VFIO_PLATFORM_BASE= \
    CONFIG_DEBUG_INFO_BTF_MODULES= "KCFLAGS=$flags" modules
}

# Ours replace the stock ones of the same name; of the rest only what is asked for stays.
install_modules() {
  local all=$1/all
  cp -r "$kernel/lib" "$all"
  rm -rf "$all/modules/$release/kernel/drivers/vfio"
  mkdir -p "$all/modules/$release/updates" lib
  find iommu vfio mtty module -name '*.ko' -exec cp {} "$all/modules/$release/updates" \;
  ln -s . "$all/lib"
  depmod -b "$all" "$release"

  find "$all/modules/$release/updates" -name '*.ko' | sed 's|.*/||; s|\.ko||' >wanted
  printf '%s\n' $stock >>wanted
  xargs modprobe -d "$all" -S "$release" --show-depends -a <wanted |
    awk '$1 == "insmod" { print $2 }' | sort -u >chosen
  while read -r module; do
    local to=$1/lib/modules/$release/${module#*"/$release/"}
    mkdir -p "$(dirname "$to")"
    cp "$module" "$to"
  done <chosen
  find "$1/lib" -name '*.xz' -exec xz -d {} +
  cp "$all/modules/$release"/modules.{builtin,builtin.modinfo,order} "$1/lib/modules/$release"
  depmod -b "$1" "$release"
  rm -rf "$all"
}

fill() (
  mkdir "$1/build"
  cd "$1/build"
  say "building vfio, iommufd, mtty and our modules"
  adapt_headers
  copy_sources
  add_missing_parts
  compile
  install_modules "$1"
  rm -rf "$1/build"
)

cached "modules-$release-$(hash_of steps/kernel.sh steps/modules.sh module)" fill
