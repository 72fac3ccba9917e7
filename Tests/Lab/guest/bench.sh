# Saves a large state of the v1 device by the loop in plain C and by vfioscope, to files in memory, and prints the median
# of MiB a second of each, until all data is in the file and the device goes on. They take turns. The CPU is emulated, so
# only the ratios mean something, and it has no instructions for SHA-256. The sample driver of v2 has a state of 96 bytes,
# which shows nothing.

memory=$((64 << 20))
rounds=5
type=/sys/class/mdev_bus/vfioscope_v1/mdev_supported_types/vfioscope_v1-region

# device_with CHUNK: a device that gives its data in chunks of so many bytes.
device_with() {
  rmmod vfioscope_v1
  modprobe vfioscope_v1 memory_size=$memory chunk_size=$1 window_size=$(($1 + 4096)) dirty_ms=0 || exit
  echo $V1_A >$type/create
}

cdev() { echo /dev/vfio/devices/$(ls /sys/bus/mdev/devices/$V1_A/vfio-dev); }

# ours ACCESS OPTION...
ours() {
  local access=$1
  shift
  vfioscope save $V1_A -o /tmp/data --replace --access $access --via cdev --json "$@" 2>/dev/null |
    jq 'if .result == "ok" then .bytes / .duration_us * 1000000 / 1048576 | floor else error(.error) end'
}

# median NUMBER...: of an odd count. The best one of an emulated processor is luck.
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

measure() {
  local plain without checked digested round
  for round in $(seq $rounds); do
    plain="$plain $(loop $(cdev) $2 /tmp/data)"
    rm -f /tmp/data
    without="$without $(ours $2 --checksums none)"
    rm -f /tmp/data
    checked="$checked $(ours $2 --checksums crc32c)"
    rm -f /tmp/data
    digested="$digested $(ours $2)"
    rm -f /tmp/data
  done
  awk -v name="$1 bytes by $2" -v c=$(median $plain) -v a=$(median $without) -v k=$(median $checked) \
    -v b=$(median $digested) \
    'BEGIN { printf "%-24s %8d %8d %6.2f %8d %6.2f %8d %6.2f\n", name, c, a, a / c, k, k / c, b, b / c }'
}

echo "save, v1, $((memory >> 20)) MiB: MiB/s, and ratio to the loop in C (aim: 0.95 without checksums, 0.80 with CRC-32C)"
echo "chunk                      C loop  without  ratio  CRC-32C  ratio  SHA-256  ratio"
for chunk in 4096 65536 1048576 8388608; do
  device_with $chunk
  for access in message map; do
    measure $chunk $access
  done
done
echo "@end"
