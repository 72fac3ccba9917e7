# Steps of a v2 device, from every state to every state, with the paths of the kernel's table for a
# device that can do STOP_COPY, P2P and PRE_COPY.

kernel_state=/sys/kernel/debug/vfio/$MTTY_A/migration/state

steps="vfioscope step $MTTY_A --yes --json"

goes() {
  local via=$1
  shift
  expect_exit 0 $steps --via $via reset "$@" &&
    expect_json '.schema == "vfioscope.step/1" and all(.steps[]; .result == "ok")' &&
    expect_equal "running $*" "$(jq -r '[.steps[].reached] | join(" ")' $out)"
}

for via in cdev group; do
  check "v2 $via: stop and start" goes $via stop running
  check "v2 $via: save" goes $via stop-copy stop running
  check "v2 $via: live save" goes $via pre-copy stop-copy stop
  check "v2 $via: live save with peers" goes $via pre-copy pre-copy-p2p stop-copy stop
  check "v2 $via: quiesce" goes $via running-p2p stop running-p2p running
  check "v2 $via: to resuming" goes $via resuming
done

# from STATE, then lines of `to: path`. Every path ends where the kernel's debugfs says it does.
follows_the_path() {
  local wanted=$3
  goes cdev $1 $2 || return
  expect_equal "$wanted" "$(jq -r '.steps[-1].path | join(" ")' $out)" &&
    expect_equal "$(echo $2 | tr 'a-z-' 'A-Z_')" "$(cat $kernel_state)"
}
while read -r from to path; do
  check "v2: $from to $to" follows_the_path "$from" "$to" "$from $path"
done <<END
stop running running-p2p running
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
stop-copy resuming stop resuming
END

refused() {
  expect_json ".steps[-1] | .result == \"error\" and .errno == \"$1\" and .reached == \"$2\""
}

goes_no_way_back() { expect_exit 3 $steps reset stop-copy $1 && refused EINVAL stop-copy; }
check "v2: stop-copy does not go back to pre-copy" goes_no_way_back pre-copy
check "v2: stop-copy does not go back to pre-copy-p2p" goes_no_way_back pre-copy-p2p

refuses_raw() { expect_exit 3 $steps reset --raw $1 && refused EINVAL running; }
check "v2: the error state cannot be asked for" refuses_raw 0
check "v2: a state that does not exist is refused" refuses_raw 8

# A load of nothing is incomplete for mtty, and it stays where it is.
keeps_resuming() {
  expect_exit 3 $steps reset resuming running && refused EINVAL resuming &&
    expect_equal RESUMING "$(cat $kernel_state)"
}
check "v2: an unfinished load does not run, and the state is read back" keeps_resuming

resets() {
  expect_equal RESUMING "$(cat $kernel_state)" &&
    expect_exit 0 $steps reset && expect_equal RUNNING "$(cat $kernel_state)"
}
check "v2: a reset leads out of resuming" resets
