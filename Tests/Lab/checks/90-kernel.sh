# After all of it: our modules can be unloaded, and the kernel has nothing to complain about.

unloads() {
  for device in $V2_A $V2_B $V1_A $V1_B; do
    echo 1 >/sys/bus/mdev/devices/$device/remove
  done
  rmmod vfioscope_v2 vfioscope_v1 vfioscope_common
}
check "our modules have no user left" unloads

says_nothing_bad() {
  dmesg | grep -E -A15 'WARNING|BUG|Oops|Call Trace|refcount|general protection' >$out
  ! [ -s $out ]
}
check "the kernel's log has no warning, bug or oops" says_nothing_bad
