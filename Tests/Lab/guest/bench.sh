# Saves a large state of each of our devices by the loop in plain C and by vfioscope, to files in memory, and prints the
# median of MiB a second of each, until all data is in the file and the device goes on, and how much memory vfioscope
# had at most. They take turns. The CPU is emulated, so only the ratios mean something, and it has no instructions for
# SHA-256: that is measured with a smaller state.

mebibytes=$(sed -E 's/.*lab\.bench=([0-9]+).*/\1/' /proc/cmdline)
rounds=3

# device_with MODULE TYPE NAME PARAMETER...: the only one of its kind, with its heart still.
device_with() {
  local module=$1 type=$2
  name=$3
  shift 3
  rmmod vfioscope_v2 2>/dev/null
  rmmod vfioscope_v1 2>/dev/null
  modprobe $module memory_size=$memory dirty_ms=0 "$@" || exit
  echo $name >/sys/class/mdev_bus/$module/mdev_supported_types/$type/create
}
v1_with() { device_with vfioscope_v1 vfioscope_v1-region $V1_A chunk_size=$1 window_size=$(($1 + 4096)); }
# Without checksums of its own over the memory, reading is as fast as copying.
v2_with() { device_with vfioscope_v2 vfioscope_v2-states $V2_A checksum_payload=N; }

cdev() { echo /dev/vfio/devices/$(ls /sys/bus/mdev/devices/$name/vfio-dev); }

plain() {
  loop $(cdev) $1 /tmp/data
  rm -f /tmp/data
}

# ours ACCESS OPTION...
ours() {
  local access=$1
  shift
  [ $access = stream ] || set -- --access $access "$@"
  peak /tmp/peak vfioscope save $name -o /tmp/data --replace --via cdev --json "$@" 2>/dev/null |
    jq 'if .result == "ok" then .bytes / .duration_us * 1000000 / 1048576 | floor else error(.error) end'
  rm -f /tmp/data
  [ $(cat /tmp/peak) -le $most ] || most=$(cat /tmp/peak)
}

# median NUMBER...: of an odd count. The best one of an emulated processor is luck.
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# measure NAME ACCESS CHECKSUMS...: one row.
measure() {
  local row=$1 access=$2 round kind all_plain=
  shift 2
  most=0
  rm -f /tmp/rates.*
  for round in $(seq $rounds); do
    all_plain="$all_plain $(plain $access)"
    for kind in "$@"; do
      ours $access --checksums $kind >>/tmp/rates.$kind
    done
  done
  set -- $(median $all_plain) $(for kind in "$@"; do median $(cat /tmp/rates.$kind); done)
  printf '%-26s %8d' "$row" $1
  awk -v rates="$*" 'BEGIN {
    count = split(rates, rate, " ")
    for (i = 2; i <= count; i++) printf " %8d %6.2f", rate[i], rate[i] / rate[1]
  }'
  printf ' %8d\n' $most
}

mount -o remount,size=$((mebibytes + mebibytes / 8 + 64))m /tmp

memory=$((mebibytes << 20))
echo "save, $mebibytes MiB: MiB/s, and ratio to the loop in C (aim: 0.95 without checksums, 0.80 with CRC-32C)"
echo "                             C loop  without  ratio  CRC-32C  ratio peak KiB"
v2_with
measure "v2" stream none crc32c
for chunk in 4096 65536 1048576 8388608 16777216; do
  v1_with $chunk
  for access in message map; do
    measure "v1, $chunk by $access" $access none crc32c
  done
done

[ $mebibytes -le 64 ] || mebibytes=64
memory=$((mebibytes << 20))
echo "save, $mebibytes MiB"
echo "                             C loop  SHA-256  ratio peak KiB"
v2_with
measure "v2" stream sha256
v1_with 1048576
for access in message map; do
  measure "v1, 1048576 by $access" $access sha256
done
echo "@end"
