# The kernel's devices behind vfio-user sockets: looked at there, and moved between the kernel and a socket.

socket=/tmp/served

# while_served DEVICE COMMAND...: a server of its own serves the device while the command runs, and leaves no socket.
while_served() {
  local device=$1 server result
  shift
  vfioscope serve $device --socket $socket --keep >/tmp/server 2>&1 &
  server=$!
  for tenth in $(seq 50); do
    grep -q "is served at" /tmp/server && break
    sleep 0.1
  done
  "$@"
  result=$?
  kill $server
  wait $server
  [ ! -e $socket ] && return $result
  echo "the socket is left behind"
  return 1
}

shows_the_same() {
  expect_exit 0 vfioscope show vfio-user:$socket --json &&
    expect_json '.state.name == "running" and .protocol == "'$1'"'
}
resets() { for device in "$@"; do vfioscope step $device --yes reset >/dev/null 2>&1; done; }

# moves SOURCE DESTINATION: as between two devices of the kernel.
moves() {
  expect_exit 0 vfioscope migrate $1 $2 --yes --json &&
    expect_json '.result == "ok" and [.devices[].state] == ["stop", "running"]'
}

for kind in "mtty v2 $MTTY_A $MTTY_B" "v2 v2 $V2_A $V2_B" "v1 v1 $V1_A $V1_B"; do
  set -- $kind
  resets $3 $4
  check "$1 behind a socket: it is shown" while_served $4 shows_the_same $2
  check "$1: moves from the kernel's device to one behind a socket" while_served $4 moves $3 vfio-user:$socket
  resets $3 $4
  check "$1: moves from behind a socket to the kernel's device" while_served $3 moves vfio-user:$socket $4
  resets $3 $4
done

keeps_its_rules() {
  expect_exit 0 vfioscope check vfio-user:$socket --allow lose --yes --json /tmp/report && mv /tmp/report $out &&
    expect_json '.ending == "complete" and .state == "running"'
}
check "v2 behind a socket: its rules are checked there too" while_served $V2_A keeps_its_rules
check "v1 behind a socket: its rules are checked there too" while_served $V1_A keeps_its_rules
