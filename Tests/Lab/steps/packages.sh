#!/bin/bash
# Installs what the lab needs from Debian: QEMU, a compiler, and the tools that make a file system.
. "$(dirname "$0")/../common.sh"

# As `package:file that it brings`, so that a machine that has the files needs no package manager.
wanted="
  qemu-system-x86:/usr/bin/qemu-system-x86_64
  kmod:/usr/sbin/depmod
  cpio:/usr/bin/cpio
  busybox-static:/usr/bin/busybox
  xz-utils:/usr/bin/xz
  make:/usr/bin/make
  gcc-12:/usr/bin/gcc-12
  libc6-dev:/usr/lib/x86_64-linux-gnu/libc.a
  libelf1:/usr/lib/x86_64-linux-gnu/libelf.so.1
  pci.ids:/usr/share/misc/pci.ids
  ncurses-base:/lib/terminfo/x/xterm-256color
  jq:/usr/bin/jq
  python3:/usr/bin/python3
  python3-pyte:/usr/lib/python3/dist-packages/pyte/__init__.py
  python3-wcwidth:/usr/lib/python3/dist-packages/wcwidth/__init__.py
"

missing=
for pair in $wanted; do
  file=${pair#*:}
  [ -e "$file" ] || missing+=" ${pair%%:*}"
done
[ -n "$missing" ] || exit 0

say "installing$missing"
root=
[ "$(id -u)" = 0 ] || root=sudo
install() { DEBIAN_FRONTEND=noninteractive timeout 600 $root apt-get install -qq -y --no-install-recommends $missing; }
# The package lists of a fresh machine are empty or too old for what the archive still has.
install >/dev/null 2>&1 || { timeout 300 $root apt-get update -qq && install >/dev/null; } ||
  die "cannot install$missing"
