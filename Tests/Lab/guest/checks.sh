# The helpers of the checks.

out=/tmp/out     # what the last command under expect_exit printed
log=/tmp/log     # what a check says about its failure

# check NAME COMMAND...: one check; it is ok when the command (often a function) succeeds.
check() {
  local name=$1
  shift
  : >$out
  if "$@" >$log 2>&1; then
    echo "ok $name"
  else
    echo "not ok $name"
    sed 's/^/  | /' $log $out
  fi
}

# expect_exit CODE COMMAND...: runs the command, keeps what it prints for the lines below.
expect_exit() {
  local wanted=$1 got
  shift
  timeout 30 "$@" </dev/null >$out 2>&1
  got=$?
  [ $got = "$wanted" ] || { echo "exit $got, not $wanted: $*" && return 1; }
}

# expect_line TEXT...: some line holds all of these texts.
expect_line() {
  local text
  cp $out /tmp/lines
  for text in "$@"; do
    grep -F -- "$text" /tmp/lines >/tmp/fewer || { echo "no line holds: $*" && return 1; }
    mv /tmp/fewer /tmp/lines
  done
}

# expect_json FILTER: jq's filter is true for what was printed.
expect_json() {
  local answer
  answer=$(jq "$1" $out 2>&1)
  [ "$answer" = true ] || { echo "not true but '$answer': $1" && return 1; }
}

# expect_equal WANTED GOT
expect_equal() {
  [ "$1" = "$2" ] || { echo "wanted: $1" && echo "got:    $2" && return 1; }
}

# The nodes of a device, by its address.
sysfs_of() { ls -d /sys/bus/*/devices/"$1"; }
group_of() { basename "$(readlink "$(sysfs_of "$1")/iommu_group")"; }
cdev_of() { echo "/dev/vfio/devices/$(ls "$(sysfs_of "$1")/vfio-dev")"; }
