# `vfioscope list` shows the groups, their devices, and whether they can be opened.

lists_every_device() {
  local device
  expect_exit 0 vfioscope list || return
  for device in $EDU $NIC $SPARE_NIC $NVME $SHARED_EDU $SHARED_NIC $MTTY_A $MTTY_B $V2_A $V2_B $V1_A $V1_B; do
    expect_line $device || return
  done
}
check "list shows every PCI and mediated device" lists_every_device

names_the_drivers() {
  expect_exit 0 vfioscope list &&
    expect_line $EDU vfio-pci && expect_line $NVME vfio-pci &&
    expect_line $NIC e1000e && expect_line $SHARED_NIC e1000 &&
    expect_line $MTTY_A mtty && expect_line $V2_A vfioscope_v2 && expect_line $V1_A vfioscope_v1
}
check "list names each device's driver" names_the_drivers

has_the_kernels_groups() {
  expect_exit 0 vfioscope list --json &&
    expect_json '.schema == "vfioscope.list/1"' &&
    expect_equal "$(ls /sys/kernel/iommu_groups | sort -n | xargs)" \
      "$(jq -r '[.groups[].id] | sort | map(tostring) | join(" ")' $out)"
}
check "list --json has exactly the kernel's groups" has_the_kernels_groups

# group DEVICE FILTER: the filter is true for the group that holds the device.
group() {
  expect_json ".groups[] | select(any(.devices[]; .address == \"$1\")) | $2"
}

knows_a_usable_group() {
  expect_exit 0 vfioscope list --json &&
    group $EDU '.viable == true' &&
    group $EDU ".id == $(group_of $EDU) and .node == \"/dev/vfio/$(group_of $EDU)\"" &&
    group $MTTY_A '.viable == true and .devices[0].bus == "mdev" and .devices[0].driver == "mtty"'
}
check "a group whose devices all belong to vfio is viable" knows_a_usable_group

knows_a_shared_group() {
  expect_exit 0 vfioscope list --json &&
    group $SHARED_EDU '.viable == false' &&
    group $SHARED_EDU "any(.devices[]; .address == \"$SHARED_NIC\" and .driver == \"e1000\")" &&
    group $SHARED_EDU '.explanation | contains("e1000")'
}
check "a group with a host driver in it is not viable, and the verdict names the driver" knows_a_shared_group

list_survives_a_held_device() {
  sleep 30 3<>/dev/vfio/$(group_of $V1_A) >/dev/null 2>&1 &
  sleep 0.5
  expect_exit 0 vfioscope list && expect_line $V1_A
  local result=$?
  kill $!
  return $result
}
check "list opens no device, so a held one does not disturb it" list_survives_a_held_device
