# A device that somebody else has: what could not be opened, why, and who has it.

# told VIA DEVICE PID COMMAND ERRNO: show fails and names them.
told() {
  expect_exit 3 vfioscope show $2 --via $1 && expect_line $5 && expect_line $3 $4
}

# soon COMMAND...: waits until the command succeeds.
soon() {
  local tries=50
  until "$@" || [ $tries = 0 ]; do
    sleep 0.1
    tries=$((tries - 1))
  done
}

has_open() { [ "$(readlink /proc/$1/fd/3)" = "$2" ]; }

group_holder() {
  local node=/dev/vfio/$(group_of $1)
  sleep 60 3<>$node >/dev/null 2>&1 &
  holder=$!
  soon has_open $holder $node
}

cdev_holder() {
  : >/tmp/held
  hold $(cdev_of $1) >/tmp/held 2>&1 &
  holder=$!
  soon grep -q held /tmp/held
}

for device in $MTTY_A $V2_A $V1_A; do
  group_holder $device
  check "held by group, asked by group: $device" told group $device $holder sleep EBUSY
  check "held by group, asked by cdev: $device" told cdev $device $holder sleep EBUSY
  kill $holder

  # The kernel answers a second BIND with EINVAL.
  cdev_holder $device
  check "held by cdev, asked by cdev: $device" told cdev $device $holder hold EINVAL
  check "held by cdev, asked by group: $device" told group $device $holder hold E
  kill $holder
done

is_free_again() {
  expect_exit 0 vfioscope show $MTTY_A && expect_line $MTTY_A &&
    expect_exit 0 vfioscope show $V1_A && expect_line $V1_A
}
sleep 0.5
check "both are free again afterwards" is_free_again
