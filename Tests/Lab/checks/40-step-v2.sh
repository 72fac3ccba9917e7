# Steps of a v2 device, from every state to every state, with the paths of the kernel's table for a
# device that can do STOP_COPY, P2P and PRE_COPY. The kernel's sample driver mtty is one, our module another.

parameters=/sys/module/vfioscope_v2/parameters
fault=/sys/bus/mdev/devices/$V2_A/vfioscope/fail_next

# of NAME DEVICE: what follows is about this device.
of() {
  name=$1
  steps="vfioscope step $2 --yes --json"
  kernel_state=/sys/kernel/debug/vfio/$2/migration/state
}

goes() {
  local via=$1
  shift
  expect_exit 0 $steps --via $via reset "$@" &&
    expect_json '.schema == "vfioscope.step/1" and all(.steps[]; .result == "ok")' &&
    expect_equal "running $*" "$(jq -r '[.steps[].reached] | join(" ")' $out)"
}

# As `from to path`, in the kernel's table.
paths="stop running running-p2p running
stop running-p2p running-p2p
stop pre-copy running-p2p running pre-copy
stop pre-copy-p2p running-p2p pre-copy-p2p
stop stop-copy stop-copy
stop resuming resuming
running stop running-p2p stop
running running-p2p running-p2p
running pre-copy pre-copy
running pre-copy-p2p running-p2p pre-copy-p2p
running stop-copy running-p2p stop stop-copy
running resuming running-p2p stop resuming
running-p2p stop stop
running-p2p running running
running-p2p pre-copy running pre-copy
running-p2p pre-copy-p2p pre-copy-p2p
running-p2p stop-copy stop stop-copy
running-p2p resuming stop resuming
pre-copy stop running running-p2p stop
pre-copy running running
pre-copy running-p2p running running-p2p
pre-copy pre-copy-p2p pre-copy-p2p
pre-copy stop-copy pre-copy-p2p stop-copy
pre-copy resuming running running-p2p stop resuming
pre-copy-p2p stop running-p2p stop
pre-copy-p2p running running-p2p running
pre-copy-p2p running-p2p running-p2p
pre-copy-p2p pre-copy pre-copy
pre-copy-p2p stop-copy stop-copy
pre-copy-p2p resuming running-p2p stop resuming
stop-copy stop stop
stop-copy running stop running-p2p running
stop-copy running-p2p stop running-p2p
stop-copy resuming stop resuming"
paths_from_resuming="resuming stop stop
resuming running stop running-p2p running
resuming running-p2p stop running-p2p
resuming stop-copy stop stop-copy
resuming pre-copy stop running-p2p running pre-copy
resuming pre-copy-p2p stop running-p2p pre-copy-p2p"

# Every path ends where the kernel's debugfs says it does.
follows_the_path() {
  local wanted=$3
  goes cdev $1 $2 || return
  expect_equal "$wanted" "$(jq -r '.steps[-1].path | join(" ")' $out)" &&
    expect_equal "$(echo $2 | tr 'a-z-' 'A-Z_')" "$(cat $kernel_state)"
}
# follows_them_all VIA: the paths on standard input, one command for all of them.
follows_them_all() {
  local all= from to path
  cat >/tmp/paths
  while read -r from to path; do all="$all reset $from $to"; done </tmp/paths
  expect_exit 0 $steps --via $1 $all && expect_json 'all(.steps[]; .result == "ok")' &&
    expect_equal "$(sed -E 's/ .*( [^ ]+)$/\1/' /tmp/paths)" \
      "$(jq -r '.steps | [range(2; length; 3) as $i | "\(.[$i - 1].reached) \(.[$i].reached)"] | .[]' $out)" &&
    expect_equal "$(cut -d' ' -f1,3- /tmp/paths)" \
      "$(jq -r '.steps | [range(2; length; 3) as $i | .[$i].path | join(" ")] | .[]' $out)"
}

refused() {
  expect_json ".steps[-1] | .result == \"error\" and .errno == \"$1\" and .reached == \"$2\""
}
goes_no_way_back() { expect_exit 3 $steps reset stop-copy $1 && refused EINVAL stop-copy; }
refuses_raw() { expect_exit 3 $steps reset --raw $1 && refused EINVAL running; }

# What is looked at in debugfs is what a command has left: our module forgets it otherwise.
echo Y >$parameters/remember

# mtty: way by way, and path by path.
of mtty $MTTY_A
for via in cdev group; do
  check "mtty $via: stop and start" goes $via stop running
  check "mtty $via: save" goes $via stop-copy stop running
  check "mtty $via: live save" goes $via pre-copy stop-copy stop
  check "mtty $via: live save with peers" goes $via pre-copy pre-copy-p2p stop-copy stop
  check "mtty $via: quiesce" goes $via running-p2p stop running-p2p running
  check "mtty $via: to resuming" goes $via resuming
done
while read -r from to path; do
  check "mtty: $from to $to" follows_the_path "$from" "$to" "$from $path"
done <<END
$paths
END

# Our module: all of them at once. A load of nothing is nothing for it, so that every state leads out of resuming too.
of v2 $V2_A
for via in cdev group; do
  check "v2 $via: from every state to every state" follows_them_all $via <<END
$paths
$paths_from_resuming
END
done

for device in "mtty $MTTY_A" "v2 $V2_A"; do
  of $device
  check "$name: stop-copy does not go back to pre-copy" goes_no_way_back pre-copy
  check "$name: stop-copy does not go back to pre-copy-p2p" goes_no_way_back pre-copy-p2p
  check "$name: the error state cannot be asked for" refuses_raw 0
  check "$name: a state that does not exist is refused" refuses_raw 8
done

# A load of nothing is incomplete for mtty, and it stays where it is.
of mtty $MTTY_A
keeps_resuming() {
  expect_exit 3 $steps reset resuming running && refused EINVAL resuming &&
    expect_equal RESUMING "$(cat $kernel_state)"
}
check "mtty: an unfinished load does not run, and the state is read back" keeps_resuming

resets() {
  expect_equal RESUMING "$(cat $kernel_state)" &&
    expect_exit 0 $steps reset && expect_equal RUNNING "$(cat $kernel_state)"
}
check "mtty: a reset leads out of resuming" resets

# Changes of state that fail, as a test has ordered it.
of v2 $V2_A
keeps_its_state() {
  goes cdev stop && echo "16 keep" >$fault && expect_exit 3 $steps running && refused EBUSY stop &&
    expect_equal STOP "$(cat $kernel_state)"
}
check "v2: a step that fails shows the errno and the state that stayed" keeps_its_state

ends_in_error() {
  goes cdev stop && echo "5 error" >$fault && expect_exit 3 $steps stop-copy && refused EIO error &&
    expect_equal ERROR "$(cat $kernel_state)"
}
check "v2: a step that breaks the device shows the error state" ends_in_error

only_reset_helps() {
  expect_equal ERROR "$(cat $kernel_state)" &&
    expect_exit 0 vfioscope show $V2_A --json && expect_json '.state.name == "error" and .state.number == 0' || return
  vfioscope step $V2_A --yes running >/dev/null 2>&1
  expect_equal ERROR "$(cat $kernel_state)" &&
    expect_exit 0 $steps reset && expect_json '.steps[-1] | .result == "ok" and .reached == "running"' &&
    expect_equal RUNNING "$(cat $kernel_state)"
}
check "v2: show tells the error state, and only a reset leads out of it" only_reset_helps

echo N >$parameters/remember
