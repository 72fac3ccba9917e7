# A device's data: saved, loaded back, and moved to another device of its kind.

remember=/sys/module/vfioscope_v1/parameters/remember

# saves FILE DEVICE OPTION...: a complete file that the program itself finds good.
saves() {
  local file=$1 device=$2
  shift 2
  rm -f $file
  expect_exit 0 vfioscope save $device -o $file --json "$@" &&
    expect_json '.result == "ok" and .bytes > 0 and (.sha256 | length) == 64' &&
    expect_exit 0 vfioscope stream info --json $file &&
    expect_json '.verdict == "good" and .device == "'$device'"'
}

loads() {
  local file=$1 device=$2
  shift 2
  expect_exit 0 vfioscope load $device -i $file --yes --json "$@" &&
    expect_json '.result == "ok" and .devices[0].state == "running"'
}

sha256_of() { vfioscope stream info --json $1 | jq -r .sha256; }
expect_equal_data() { expect_equal "$(sha256_of $1)" "$(sha256_of $2)"; }

# v2: the kernel's sample driver

vfioscope step $MTTY_A --yes reset >/dev/null 2>&1
vfioscope step $MTTY_B --yes reset >/dev/null 2>&1

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
# moves SOURCE DESTINATION OPTION...
moves() {
  local source=$1 destination=$2
  shift 2
  expect_exit 0 vfioscope migrate $source $destination --yes --json "$@" &&
    expect_json '.result == "ok" and [.devices[].state] == ["stop", "running"] and .downtime_us > 0'
}
for via in cdev group; do
  check "mtty $via: what is saved is loaded back, and saved again equal" comes_back $via
  check "mtty $via: moves to the other one" moves $MTTY_A $MTTY_B --via $via
  vfioscope step $MTTY_A --yes reset >/dev/null 2>&1
done
check "mtty: pre-copy before stop-copy" saves /tmp/live $MTTY_A --pre-copy
check "mtty: without pre-copy it moves too" moves $MTTY_A $MTTY_B --strategy stop-copy
vfioscope step $MTTY_A --yes reset >/dev/null 2>&1
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
  vfioscope step $V1_A --yes reset >/dev/null 2>&1
  check "v1 $via: moves to the other one, live" moves $V1_A $V1_B --via $via
  vfioscope step $V1_A --yes reset >/dev/null 2>&1
done
check "v1: a stream of the other protocol is refused" refuses_the_other_protocol
vfioscope step $V1_A --yes reset >/dev/null 2>&1
vfioscope step $V1_B --yes reset >/dev/null 2>&1
echo N >$remember
