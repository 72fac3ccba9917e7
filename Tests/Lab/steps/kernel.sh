#!/bin/bash
# Fetches the newest 6.12 kernel of Debian and unpacks it without installing anything.
# Prints the folder: vmlinuz, release (its name), lib/modules, headers/ and source/ (only the parts
# that steps/modules.sh builds). A kernel in the cache is good enough; --rebuild looks for a newer one.
. "$(dirname "$0")/../common.sh"

# Debian drops old kernels from its archive, so none can be named here: of those that apt knows, the
# newest one that has all its packages.
newest_release() {
  local release
  for release in $(apt-cache pkgnames linux-headers-6.12. |
    sed -nE 's/^linux-headers-(6\.12\.[^-]*)-amd64$/\1/p' | sort -rV); do
    is_complete "$release" && echo "$release" && return
  done
  return 1
}

is_complete() {
  local package
  for package in $(packages_of "$1"); do
    apt-cache show "$package" >/dev/null 2>&1 || return 1
  done
}

packages_of() {
  local version
  version=$(apt-cache show --no-all-versions "linux-image-$1-amd64" | sed -n 's/^Version: //p')
  echo "linux-image-$1-amd64=$version linux-headers-$1-amd64=$version" \
    "linux-headers-$1-common=$version linux-kbuild-$1=$version linux-source-6.12=$version"
}

download() {
  local release
  release=$(newest_release) || return 1
  say "fetching Linux $release"
  timeout 900 apt-get -qq -o APT::Sandbox::User=root download $(packages_of "$release")
}

unpack_source() {
  local top=linux-source-6.12
  dpkg --fsys-tarfile "$1" | tar -xO ./usr/src/$top.tar.xz | xz -dc -T2 |
    tar -x --strip-components=1 -C "$2" --wildcards "$top/drivers/vfio/*" "$top/drivers/iommu/iommufd/*" \
      $top/drivers/iommu/iommu-priv.h $top/lib/interval_tree.c $top/samples/vfio-mdev/mtty.c \
      $top/include/uapi/linux/vfio.h $top/include/uapi/linux/iommufd.h
}

fill() (
  cd "$1"
  mkdir debs unpacked headers source
  # A list that is too old names files that are gone: ask again once.
  (cd debs && download) || {
    timeout 300 $([ "$(id -u)" = 0 ] || echo sudo) apt-get update -qq
    rm -f debs/*
    (cd debs && download)
  } || die "no complete 6.12 kernel in Debian's archive"
  say "unpacking it"
  for deb in debs/linux-image-* debs/linux-headers-* debs/linux-kbuild-*; do
    dpkg -x "$deb" unpacked
  done
  unpack_source debs/linux-source-* source

  mv unpacked/boot/vmlinuz-* vmlinuz
  mv unpacked/lib .
  mv unpacked/usr/src unpacked/usr/lib headers
  ls lib/modules >release
  rm -rf debs unpacked
)

key=$(hash_of steps/kernel.sh)
kernel=$(find "$cache/" -maxdepth 1 -name "kernel-*-$key" | sort -rV | head -1)
if [ -z "$kernel" ]; then
  making=$(mktemp -d "$cache/making.XXXXXX")
  fill "$making" >&2
  kernel=$cache/kernel-$(cat "$making/release")-$key
  mv -T "$making" "$kernel"
fi
echo "$kernel"
