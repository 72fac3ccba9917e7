# Saves a large state of the v1 device by the loop in plain C and by vfioscope, to files in memory, and prints the best
# MiB a second of each. They take turns. The CPU is emulated, so only the ratios mean something, and it has no
# instructions for SHA-256: that in plain C is what the last columns measure, once. The sample driver of v2 has a state of
# 96 bytes, which shows nothing.

memory=$((64 << 20))
rounds=3
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

# best NAME VALUE: keeps the largest value under this name.
best() { eval "[ \"\${$1:-0}\" -ge $2 ] || $1=$2"; }

measure() {
  local plain=0 without=0 checked=0 digested=0 round
  for round in $(seq $rounds); do
    best plain $(loop $(cdev) $2 /tmp/data)
    rm -f /tmp/data
    best without $(ours $2 --checksums none)
    rm -f /tmp/data
    best checked $(ours $2 --checksums crc32c)
    rm -f /tmp/data
  done
  best digested $(ours $2)
  rm -f /tmp/data
  awk -v name="$1 bytes by $2" -v c=$plain -v a=$without -v k=$checked -v b=$digested \
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
