# The data of our v2 module: a state that takes time to read, and that changes while it is read.

. /lab/transfer.sh

parameters=/sys/module/vfioscope_v2/parameters
size=65616 # 64 KiB, and 24 bytes for each of three records and 8 for what the first one says

# sets PARAMETER VALUE...
sets() {
  while [ $# -gt 0 ]; do
    echo $2 >$parameters/$1
    shift 2
  done
}
# Without its heartbeat the memory stays as it is, and can be compared.
still="dirty_ms 0"
calm="dirty_ms 500 dirty_pages 1"
# All its memory changes every millisecond, faster than it can be moved.
restless="dirty_ms 1 dirty_pages 16"

# fills DEVICE NUMBER: its memory is a pattern of that number.
fills() { echo $2 >/sys/bus/mdev/devices/$1/vfioscope/fill; }

# keeps FILE DEVICE OPTION...: saved, with the SHA-256 of its data in $digest.
keeps() {
  local file=$1 device=$2
  shift 2
  digest=
  expect_exit 0 vfioscope save $device -o $file --replace --json "$@" && digest=$(jq -r .sha256 $out) &&
    expect_equal 64 ${#digest}
}

stopped_it_gives_the_same() {
  fills $V2_A 1 && expect_exit 0 vfioscope step $V2_A --yes --via $1 stop && keeps /tmp/first $V2_A --via $1 &&
    expect_json ".bytes == $size" && first=$digest && keeps /tmp/second $V2_A --via $1 &&
    expect_equal $first $digest && resets $V2_A
}
gives_the_same_with_pre_copy() {
  fills $V2_A 1 && keeps /tmp/live $V2_A --pre-copy && expect_equal $first $digest &&
    expect_json "[.phases[].bytes] == [$((size - 24)), 24]"
}
# comes_back FILE VIA: the other device holds something else, then what is in the file.
comes_back() {
  fills $V2_B 2 && keeps /tmp/other $V2_B --via $2 && [ $digest != $first ] &&
    loads $1 $V2_B --via $2 && keeps /tmp/again $V2_B --via $2 && expect_equal $first $digest
}
# moves_the_memory OPTION...: afterwards the destination has what the source had.
moves_the_memory() {
  fills $V2_A 3 && fills $V2_B 4 && moves $V2_A $V2_B "$@" && keeps /tmp/source $V2_A && source=$digest &&
    keeps /tmp/destination $V2_B && expect_equal $source $digest
}

sets remember Y $still
resets $V2_A $V2_B
for via in cdev group; do
  check "v2 $via: a stopped device saved twice gives equal data" stopped_it_gives_the_same $via
  check "v2 $via: what is saved is loaded into another one, and saved again equal" comes_back /tmp/first $via
  check "v2 $via: moves to the other one, live" moves_the_memory --via $via
  resets $V2_A
done
check "v2: with pre-copy they are equal too" gives_the_same_with_pre_copy cdev
check "v2: what is saved with pre-copy is loaded too" comes_back /tmp/live cdev
check "v2: without pre-copy it moves too" moves_the_memory --strategy stop-copy
resets $V2_A

# Pre-copy of a device that changes its state meanwhile.

# first_words FILE: of each page, from plain bytes. Two records are before the memory, of 32 and of 24 bytes.
first_words() {
  for page in $(seq 0 15); do
    dd if=$1 bs=8 skip=$((7 + page * 512)) count=1 2>/dev/null | od -A n -t d8
  done
}
# differences FILE FILE: by how much the first words of the second are greater, each difference once.
differences() {
  first_words $1 >/tmp/first_words
  first_words $2 | paste /tmp/first_words - | while read -r one other; do echo $((other - one)); done | sort -u
}
# The heart of the source has stopped and that of the destination goes on, in all pages alike: so a page of an older
# time would differ from the others.
moves_what_changes() {
  fills $V2_A 5 && fills $V2_B 6 && sets $restless &&
    moves $V2_A $V2_B --max-pre-copy-time 1 --downtime-target 0 || return
  sets $still
  expect_json '.pre_copy | .ended_by == "time" and .verdict == "not converging"' && expect_json ".bytes > 4 * $size" &&
    expect_exit 0 vfioscope save $V2_A --raw -o /tmp/source.raw --replace &&
    expect_exit 0 vfioscope save $V2_B --raw -o /tmp/destination.raw --replace &&
    expect_equal 1 "$(differences /tmp/source.raw /tmp/destination.raw | wc -l)"
}
check "v2: what changes faster than it is moved is found not to converge, and is moved when it is stopped" \
  moves_what_changes
resets $V2_A

converges() {
  sets $calm && moves $V2_A $V2_B && expect_json '.pre_copy | .ended_by == "target" and .verdict == "target met"'
}
check "v2: what changes slowly converges" converges
resets $V2_A

ends_in_time() {
  sets $restless
  expect_exit 1 vfioscope save $V2_A -o /tmp/late --pre-copy --downtime-target 0 --max-time 0.5 --json &&
    expect_json '.result == "error" and (.error | contains("max-time")) and .devices[0].state == "running"' &&
    [ ! -e /tmp/late ]
}
check "v2: a save that takes longer than it may is ended, and the device goes on" ends_in_time
sets $still
resets $V2_A

# What is not a whole stream of its own. The device says so, and runs on nothing of it.

plain_bytes() { rm -f /tmp/plain && expect_exit 0 vfioscope save $V2_A --raw -o /tmp/plain; }
# altered_at OFFSET: with another byte there.
altered_at() {
  head -c $1 /tmp/plain
  printf '#'
  tail -c +$(($1 + 2)) /tmp/plain
}
loads_plain() { expect_exit $1 vfioscope load $V2_B -i /tmp/bytes --raw --yes --json; }
is_refused() {
  loads_plain 1 && expect_json '.result == "error" and (.error | contains("EINVAL"))' &&
    expect_json '.devices[0] | .state == "running" and .reset' &&
    expect_equal RUNNING "$(cat /sys/kernel/debug/vfio/$V2_B/migration/state)"
}
check "v2: its bytes are saved as they are" plain_bytes
cp /tmp/plain /tmp/bytes
check "v2: and loaded as they are" loads_plain 0
for cut in 100 $((size - 24)); do
  head -c $cut /tmp/plain >/tmp/bytes
  check "v2: cut after $cut bytes, its data are refused" is_refused
done
for place in 0 $((size / 2)); do
  altered_at $place >/tmp/bytes
  check "v2: altered in byte $place, its data are refused" is_refused
done
cat /tmp/plain /tmp/plain >/tmp/bytes
check "v2: with more behind their end, its data are refused" is_refused
(head -c 32 /tmp/plain && tail -c 24 /tmp/plain && tail -c +33 /tmp/plain) >/tmp/bytes
check "v2: in another order, its data are refused" is_refused

# The device itself went to ERROR, from where it was reset.
comes_from_error() {
  head -c 100 /tmp/plain >/tmp/bytes
  expect_exit 1 vfioscope load $V2_B -i /tmp/bytes --raw --yes --trace && expect_line "SET MIG_DEVICE_STATE" "EINVAL" &&
    expect_line "GET MIG_DEVICE_STATE" "(ERROR)" && expect_line "RESET = 0"
}
check "v2: the error state was read back, and left by a reset" comes_from_error

breaks_off() {
  resets $V2_A $V2_B
  echo "5 error" >/sys/bus/mdev/devices/$V2_A/vfioscope/fail_next
  expect_exit 1 vfioscope migrate $V2_A $V2_B --yes --json &&
    expect_json '.result == "error" and (.error | contains("EIO"))' &&
    expect_json '.devices[0].state == "error" and .devices[1].state == "running"'
}
check "v2: a source that breaks is named, and the destination runs on what it had" breaks_off
resets $V2_A $V2_B

# Two pairs at once, as with mtty.

type=/sys/class/mdev_bus/vfioscope_v2/mdev_supported_types/vfioscope_v2-states
more="76320000-0000-4000-8000-0000000000a1 76320000-0000-4000-8000-0000000000a2"
for device in $more; do echo $device >$type/create; done
sets $calm
for via in cdev group; do
  check "v2 $via: two pairs move together, through the p2p states" \
    move_together "SET MIG_DEVICE_STATE" "2 4 2 6 2 7 2 3 2 5 2 2 2 1" --via $via $V2_A $V2_B $more
  resets $V2_A $V2_B $more
done
for device in $more; do echo 1 >/sys/bus/mdev/devices/$device/remove; done
sets remember N $calm
