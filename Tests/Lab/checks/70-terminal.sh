# The terminal program on a serial line. 70-terminal.py, outside, is its user; here we give that user
# a shell, and watch in debugfs what the device really does meanwhile.

watch_states() {
  last=
  while sleep 0.05; do
    now=$(cat /sys/kernel/debug/vfio/$MTTY_A/migration/state)
    [ "$now" = "$last" ] || echo "$now"
    last=$now
  done
}

for device in $MTTY_A $MTTY_B; do vfioscope step $device --yes reset >/dev/null 2>&1; done
stty -F /dev/ttyS2 sane rows 36 cols 120
watch_states >/tmp/states &
watcher=$!
echo "@host 70-terminal.py"
# A shell that talks to a user ignores the gentler signals.
timeout -s KILL 150 setsid sh -c 'exec sh -i <>/dev/ttyS2 >&0 2>&0'
kill $watcher

# On its way to a state the device passes others, which the watcher may or may not catch. Whether it stays in STOP when
# it is closed is the driver's choice.
check "the kernel saw the device run, stop, run, and stop when it had moved" \
  expect_equal "RUNNING STOP RUNNING STOP" "$(grep -vE 'P2P|COPY' /tmp/states | uniq | head -4 | xargs)"
for device in $MTTY_A $MTTY_B; do vfioscope step $device --yes reset >/dev/null 2>&1; done
check "no vfioscope is left running" expect_equal "" "$(pidof vfioscope)"
