# What each device keeps of the protocol's rules, with everything allowed. What was found once is in rules-*.txt, with a
# line for each rule: its verdict and its name. A line that differs is a change in the kernel, in our module or in a check.

# reports DEVICE WAY EXIT: the whole report is then in $out.
reports() {
  expect_exit $3 vfioscope check $1 --via $2 --allow crash --yes --json /tmp/report && mv /tmp/report $out &&
    expect_json '.ending == "complete" and .state == "running" and .trouble == null'
}

# found FILE: the verdicts are those in the file. What it says of the others is shown.
found() {
  jq -r '.findings[] | "\(.verdict) \(.rule)"' $out >/tmp/verdicts
  diff /lab/checks/$1 /tmp/verdicts >/tmp/differing && return
  jq -r '.findings[] | "> \(.verdict) \(.rule)  \(.seen)"' $out | grep -F -f /tmp/differing
  return 1
}

of_mtty() { reports $MTTY_A $1 1 && found rules-mtty.txt; }
of_v2() { reports $V2_A $1 0 && found rules-v2.txt; }
of_v1() { reports $V1_A $1 0 && found rules-v1-$1.txt; }
for way in cdev group; do
  check "mtty $way: what it keeps of the rules" of_mtty $way
  check "v2 $way: what our module keeps of the rules" of_v2 $way
  check "v1 $way: what our module keeps of the rules" of_v1 $way
done

# What the protocol's readers tripped over: in pre-copy mtty says by a read of 0 bytes that it has nothing now.
says_where_data_end() {
  reports $MTTY_A cdev 1 &&
    expect_json '.findings[] | select(.rule == "V2-FD-07") | .verdict == "warn" and (.seen | contains("0, not ENOMSG"))'
}
check "mtty: that it has nothing now is found to be said otherwise than by ENOMSG" says_where_data_end

# Made by the harmless rules alone: the device is as it was.
touches_nothing() {
  expect_exit 0 vfioscope check $1 --via cdev && expect_line "state running, as it was found"
}
check "v2: the harmless rules leave the device as it was" touches_nothing $V2_A
check "v1: the harmless rules leave the device as it was" touches_nothing $V1_A

measures_faults() {
  expect_exit 0 vfioscope fault $1 --via cdev --yes $2 && expect_line "pass" && expect_line "state running"
}

# closes WAY DEVICE WORDS FAULT: the fault is made, and what was seen of it has these words.
closes() {
  expect_exit 0 vfioscope fault $2 --via $1 --yes $4 && expect_line "$3" && expect_line "state running"
}
for way in cdev group; do
  # Its state is set when it is created, and not when it is opened.
  check "mtty $way: closed in the middle of its data, it keeps its state" \
    closes $way $MTTY_A "closed in STOP_COPY, it is opened in STOP_COPY" close-device
  check "mtty $way: its data fd is dead when the device was closed" \
    closes $way $MTTY_A "closed in STOP_COPY the data fd answers ENODEV" close-device
  check "v2 $way: closed in the middle of its data, our module runs again" \
    closes $way $V2_A "closed in STOP_COPY, it is opened in RUNNING" close-device
  check "v2 $way: its data fd is dead when the device was closed" \
    closes $way $V2_A "closed in STOP_COPY the data fd answers ENODEV" close-device
  check "v1 $way: closed in the middle of its data, our module runs again" \
    closes $way $V1_A "closed in stop-copy, it is opened in running" close-device
done
for device in $MTTY_A $V2_A; do
  check "its data fd is closed in the middle of its data: $device" \
    closes cdev $device "Closed in STOP_COPY, RUNNING is reached." close-data-fd
done

# One that keeps its state breaks the rule, and is brought back.
keeps_its_state() {
  echo Y >$remembers
  vfioscope fault $V1_A --via cdev --yes close-device >$out 2>&1
  local result=$?
  echo N >$remembers
  [ $result = 1 ] && expect_line "fail  V1-STATE-01" && expect_line "opened in stop-copy" && expect_line "state running"
}
remembers=/sys/module/vfioscope_v1/parameters/remember
check "v1: our module that keeps its state is found out" keeps_its_state

check "v1: a cut stream is refused" measures_faults $V1_A cut-stream
check "v2: streams that are not whole are refused" \
  measures_faults $V2_A "cut-stream flipped-stream reordered-stream doubled-stream overlong-stream"
check "mtty: numbers that are no states are refused" measures_faults $MTTY_A invalid-state
