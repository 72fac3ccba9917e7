# A device's data: saved, loaded back, and moved to another device of its kind.

. /lab/transfer.sh

remember=/sys/module/vfioscope_v1/parameters/remember

# v2: the kernel's sample driver

resets $MTTY_A $MTTY_B

comes_back() {
  saves /tmp/first $MTTY_A --via $1 && loads /tmp/first $MTTY_A --via $1 && saves /tmp/second $MTTY_A --via $1 &&
    expect_equal_data /tmp/first /tmp/second
}
knows_mtty() {
  expect_exit 0 vfioscope stream records --json /tmp/first &&
    expect_json '.format == "mtty" and (.records | length) > 0'
}
refuses_a_cut_file() {
  head -c 120 /tmp/first >/tmp/cut
  expect_exit 3 vfioscope load $MTTY_A -i /tmp/cut --yes && expect_line /tmp/cut "not finished" || return
  expect_exit 0 vfioscope show $MTTY_A --json && expect_json '.state.name == "running"'
}
needs_a_yes() {
  expect_exit 4 vfioscope load $MTTY_A -i /tmp/first && expect_line "say --yes"
}
for via in cdev group; do
  check "mtty $via: what is saved is loaded back, and saved again equal" comes_back $via
  check "mtty $via: moves to the other one" moves $MTTY_A $MTTY_B --via $via
  resets $MTTY_A
done
check "mtty: pre-copy before stop-copy" saves /tmp/live $MTTY_A --pre-copy
check "mtty: without pre-copy it moves too" moves $MTTY_A $MTTY_B --strategy stop-copy
resets $MTTY_A
refused_by_another_kind() {
  expect_exit 1 vfioscope migrate $MTTY_A $MTTY_C --yes --json &&
    expect_json '.result == "error" and (.error | contains("EFAULT")) and [.devices[].state] == ["running", "running"]'
}
check "mtty: a device of another kind refuses its data, and the source goes on" refused_by_another_kind
check "mtty: the records of its stream are known" knows_mtty
check "mtty: a cut file is refused before the device is touched" refuses_a_cut_file
check "mtty: a load has to be confirmed" needs_a_yes

# v1: our module. It remembers its state between two commands, so that the same state can be saved twice.

same_by_message_and_map() {
  expect_exit 0 vfioscope step $V1_A --yes --via $1 reset stop &&
    saves /tmp/message $V1_A --access message --via $1 && saves /tmp/map $V1_A --access map --via $1 &&
    expect_equal_data /tmp/message /tmp/map
}
loads_by() { loads /tmp/message $V1_B --access $1 --via $2; }
refuses_the_other_protocol() {
  expect_exit 4 vfioscope load $V1_B -i /tmp/first --yes && expect_line "protocol v2"
}
echo Y >$remember
for via in cdev group; do
  check "v1 $via: saved by messages and by the map, the bytes are equal" same_by_message_and_map $via
  for access in message map; do
    check "v1 $via: loads by $access" loads_by $access $via
  done
  resets $V1_A
  check "v1 $via: moves to the other one, live" moves $V1_A $V1_B --via $via
  resets $V1_A
done
check "v1: a stream of the other protocol is refused" refuses_the_other_protocol
resets $V1_A $V1_B

# Two pairs at once.

mtty_type=/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2
v1_type=/sys/class/mdev_bus/vfioscope_v1/mdev_supported_types/vfioscope_v1-region
MTTY_MORE="6d747479-0000-4000-8000-0000000000a1 6d747479-0000-4000-8000-0000000000a2"
V1_MORE="76310000-0000-4000-8000-0000000000a1 76310000-0000-4000-8000-0000000000a2"
for device in $MTTY_MORE; do echo $device >$mtty_type/create; done
for device in $V1_MORE; do echo $device >$v1_type/create; done

# The states are p2p, stop-copy and so on, by their numbers in linux/vfio.h.
mttys="$MTTY_A $MTTY_B $MTTY_MORE"
v1s="$V1_A $V1_B $V1_MORE"
for via in cdev group; do
  check "mtty $via: two pairs move together, through the p2p states" \
    move_together "SET MIG_DEVICE_STATE" "2 4 2 6 2 7 2 3 2 5 2 2 2 1" --via $via $mttys
  resets $mttys
  check "v1 $via: two pairs move together; there are no p2p states" \
    move_together "write .* device_state" "2 4 2 3 2 2 2 1 2 0" --via $via $v1s
  resets $v1s
done
refused_by_one_of_two() {
  expect_exit 1 vfioscope migrate $MTTY_A $MTTY_B ${MTTY_MORE% *} $MTTY_C --yes --json &&
    expect_json '.result == "error" and ([.devices[].state] | unique) == ["running"]'
}
check "mtty: when one destination of two refuses, both sources go on" refused_by_one_of_two
for device in $MTTY_MORE $V1_MORE; do echo 1 >/sys/bus/mdev/devices/$device/remove; done
echo N >$remember
