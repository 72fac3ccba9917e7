# The helpers of the checks that save, load and move; sourced by their files.

# resets DEVICE...: whatever state they were left in.
resets() { for device in "$@"; do vfioscope step $device --yes reset >/dev/null 2>&1; done; }

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

# moves SOURCE DESTINATION OPTION...
moves() {
  local source=$1 destination=$2
  shift 2
  expect_exit 0 vfioscope migrate $source $destination --yes --json "$@" &&
    expect_json '.result == "ok" and [.devices[].state] == ["stop", "running"] and .downtime_us > 0'
}

# asked PATTERN: how often each of the states in a row, by the last traced command.
asked() { grep -E "$1" $out | sed -E 's/.*\[(0x|state )([0-9]).*/\2/' | uniq -c | xargs; }
# move_together PATTERN WANTED OPTION... DEVICE...: two pairs. What is asked of all devices, in the order it is asked:
# each state of each pair before the next one of any pair, so that no device stops while another one still talks to it.
move_together() {
  local pattern=$1 wanted=$2
  shift 2
  expect_exit 0 vfioscope migrate --yes --trace "$@" && expect_equal "$wanted" "$(asked "$pattern")" &&
    expect_equal "2 stop 2 running" "$(grep -oE 'now (stop|running)$' $out | sort -r | cut -c5- | uniq -c | xargs)"
}
