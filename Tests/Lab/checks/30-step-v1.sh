# Steps of a v1 device: the flows that <linux/vfio.h> draws, refusals, errors and the reset.

parameters=/sys/module/vfioscope_v1/parameters
register=/sys/bus/mdev/devices/$V1_A/vfioscope/device_state
fault=/sys/bus/mdev/devices/$V1_A/vfioscope/fail_next

steps="vfioscope step $V1_A --yes --json"

# goes VIA STATE...: each step is taken, and the state read back is the one asked for.
goes() {
  local via=$1
  shift
  expect_exit 0 $steps --via $via "$@" &&
    expect_json '.schema == "vfioscope.step/1" and all(.steps[]; .result == "ok" and .errno == null)' &&
    expect_equal "$*" "$(jq -r '[.steps[].reached] | join(" ")' $out)"
}

for via in cdev group; do
  check "v1 $via: shutdown" goes $via stop
  check "v1 $via: save" goes $via stop-copy stop
  check "v1 $via: live save" goes $via pre-copy stop-copy stop
  check "v1 $via: resume" goes $via resuming running
  check "v1 $via: abort a live save" goes $via pre-copy running
  check "v1 $via: abort a save" goes $via stop-copy running
done

# What follows looks at a state that an earlier command has left.
echo Y >$parameters/remember

is_left_in_the_register() {
  goes cdev running stop-copy && expect_equal 2 "$(cat $register)" &&
    goes cdev resuming && expect_equal 4 "$(cat $register)" &&
    goes cdev running && expect_equal 1 "$(cat $register)"
}
check "v1: the kernel's register has the number of the state reached" is_left_in_the_register

# refused ERRNO STATE: the step last asked for failed so, and this state was read back.
refused() {
  expect_json ".steps[-1] | .result == \"error\" and .errno == \"$1\" and .reached == \"$2\""
}

refuses_raw() { expect_exit 3 $steps --raw $1 && refused EINVAL running && expect_equal 1 "$(cat $register)"; }
for number in 5 6 7 8 257; do
  check "v1: the raw state $number is refused and changes nothing" refuses_raw $number
done

keeps_its_state() {
  echo "16 keep" >$fault
  expect_exit 3 $steps stop && refused EBUSY running
}
check "v1: a step that fails shows the errno and the state that stayed" keeps_its_state

ends_in_error() {
  echo "5 error" >$fault
  expect_exit 3 $steps stop-copy && refused EIO error && expect_equal 6 "$(cat $register)"
}
check "v1: a step that breaks the device shows the error state" ends_in_error

shows_the_error() {
  expect_exit 0 vfioscope show $V1_A --json && expect_json '.state.name == "error" and .state.number == 6'
}
check "v1: show tells the error state" shows_the_error

only_reset_helps() {
  vfioscope step $V1_A --yes running >/dev/null 2>&1
  expect_equal 6 "$(cat $register)" &&
    expect_exit 0 $steps reset && expect_json '.steps[-1] | .result == "ok" and .reached == "running"' &&
    expect_equal 1 "$(cat $register)"
}
check "v1: only a reset leads out of the error state" only_reset_helps

resets_from() {
  goes cdev $1 && expect_exit 0 $steps reset && expect_equal 1 "$(cat $register)"
}
for state in stop stop-copy pre-copy resuming; do
  check "v1: reset from $state leads to running" resets_from $state
done

explains_itself() {
  echo "16 keep" >$fault
  expect_exit 3 vfioscope step $V1_A --yes stop && expect_line EBUSY
}
check "v1: the text of a refused step names the errno" explains_itself

traces() { expect_exit 0 vfioscope step $V1_A --yes --trace stop running && expect_line device_state; }
check "v1: --trace names the register" traces

echo N >$parameters/remember
