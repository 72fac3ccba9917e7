#!/bin/bash
# steps/image.sh KERNEL MODULES BINARY IMAGE: writes the guest's file system into the file IMAGE.
# It is small and not compressed, because an emulated CPU copies faster than it unpacks.
. "$(dirname "$0")/../common.sh"

kernel=$1 modules=$2 binary=$3 image=$4
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# bring PROGRAM [NAME]: a program with the libraries it needs.
bring() {
  local library
  cp -L "$1" "$root/bin/${2:-$(basename "$1")}"
  for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}

mkdir -p "$root"/{bin,dev,proc,sys,tmp,root,lab,usr/share/misc,usr/lib/locale}
ln -s bin "$root/sbin"
cp "$lab/guest/init" "$root/init"
chmod +x "$root/init"
cp -r "$lab"/guest/*.sh "$lab/checks" "$root/lab"
cp -r "$modules/lib" "$root"
cp -r /lib/terminfo "$root/lib"
cp -r /usr/lib/locale/C.utf8 "$root/usr/lib/locale"
cp -L /usr/share/misc/pci.ids "$root/usr/share/misc"
bring /usr/bin/busybox
bring /usr/bin/jq
bring "$binary" vfioscope
# The kernel's own header, for what the C library's is too old to know.
compile() { gcc-12 -Wall -Werror -O2 -static -D__user= -I "$kernel/source/include/uapi" -o "$root/bin/$1" "${@:2}"; }
loop=$project/Tests/Benchmarks/CLoop
compile hold "$lab/guest/hold.c"
compile refusals "$lab/guest/refusals.c"
compile peak "$lab/guest/peak.c"
compile loop -I "$loop/include" "$lab/guest/loop.c" "$loop/loop.c"

(cd "$root" && find . -print0 | cpio --quiet -0 -o -H newc --owner=0:0) >"$image"
