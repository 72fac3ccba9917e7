# `vfioscope show` tells a device's protocol and state, by either way of opening it.

shows() {
  local device=$1 via=$2 filter
  shift 2
  expect_exit 0 vfioscope show $device --json --via $via &&
    expect_json ".schema == \"vfioscope.show/1\" and .device == \"$device\" and .interface == \"$via\"" || return
  for filter in "$@"; do
    expect_json "$filter" || return
  done
}

for via in cdev group; do
  for device in $MTTY_A $V2_A; do
    check "show $via: speaks v2 and runs: $device" shows $device $via \
      '.protocol == "v2"' '.state == {"name": "running", "number": 2, "protocol_name": "RUNNING"}'
  done
  check "show $via: vfioscope_v1 speaks v1 and runs" shows $V1_A $via \
    '.protocol == "v1"' '.state.name == "running" and .state.number == 1' \
    '.state.protocol_name | contains("_RUNNING")' \
    'any(.fields[]; .name == "pending_bytes" and .unit == "bytes")'
done

does_not_migrate() {
  expect_exit 3 vfioscope show $1 --via $2 && expect_line "does not migrate" ENOTTY
}
for via in cdev group; do
  check "show $via: an edu under vfio-pci does not migrate" does_not_migrate $EDU $via
  check "show $via: an nvme under vfio-pci does not migrate" does_not_migrate $NVME $via
done

cannot_be_opened() { expect_exit 3 vfioscope show "$@" && expect_line "$1"; }
check "show: a device of a group that is not viable cannot be opened by cdev" \
  cannot_be_opened $SHARED_EDU --via cdev
check "show: a device of a group that is not viable cannot be opened by group" \
  cannot_be_opened $SHARED_EDU --via group
check "show: a device with a host driver cannot be opened" cannot_be_opened $NIC

show_leaves_no_trace() {
  local device
  for device in $MTTY_A $V2_A $V1_A; do
    expect_exit 0 vfioscope show $device && expect_line $device || return
  done
  for device in $MTTY_A $V2_A; do
    expect_equal RUNNING "$(cat /sys/kernel/debug/vfio/$device/migration/state)" || return
  done
  expect_equal 1 "$(cat /sys/bus/mdev/devices/$V1_A/vfioscope/device_state)"
}
check "show leaves the states as they are" show_leaves_no_trace
