# Dirty pages: which pages of our memory a device writes, as the container or the device itself logs them.

dma=/sys/bus/mdev/devices/$V1_A/vfioscope/dma
remember=/sys/module/vfioscope_v1/parameters/remember

# watches DEVICE OPTION...: three reports of 2 MiB, 512 pages. The lines are then an array in $out.
watches() {
  expect_exit 0 vfioscope dirty "$@" --json --memory 2M --iova 0x100000 --interval 0.2 --reports 3 && lines_as_array &&
    expect_json '[.[].event] == ["start", "report", "report", "report", "end"]' &&
    expect_json 'all(.[]; .schema == "vfioscope.dirty/1" and .page_size == 4096 and .pages == 512)' &&
    expect_json '.[-1] | .logging_stopped and .unmapped and .errors == [] and .all_dirty_assumed == false' &&
    expect_json '.[0].ranges == [{"iova": 1048576, "length": 2097152}]'
}
# Without what is told on standard error.
lines_as_array() { grep '^{' $out | jq -s . >/tmp/array && mv /tmp/array $out; }
reported_by() { expect_json "all(.[]; .by == \"$1\")"; }
each_report_names() { expect_json "all(.[] | select(.event == \"report\"); .dirty_pages == $1)"; }

# v1: our module writes into some pages by vfio_dma_rw(), and the container of a device without an IOMMU knows of it.

names_the_pages_written() {
  echo "0x110000 5 20" >$dma
  watches $V1_A --via group --map && reported_by container && each_report_names 5 &&
    expect_json 'all(.[1:][]; .dirty_ranges == [{"iova": 1114112, "length": 20480}])'
}
check "v1 group: the container reports the pages that the device writes" names_the_pages_written

comes_with_the_unmapping() {
  echo "0x110000 5 20" >$dma
  expect_exit 0 timeout -s INT 5 vfioscope dirty $V1_A --via group --json --interval 60 && lines_as_array &&
    expect_json '[.[].event] == ["start", "end"] and .[-1].interrupted and .[-1].unmap_dirty_pages == 5'
}
check "v1 group: when it is interrupted, the unmapping brings the last pages" comes_with_the_unmapping

names_nothing_without_writes() {
  echo 0 >$dma
  watches $V1_A --via group && each_report_names 0
}
check "v1 group: no page is dirty when the device writes none" names_nothing_without_writes

names_nothing_beside_the_range() {
  echo "0x800000 5 20" >$dma
  watches $V1_A --via group && each_report_names 0
}
check "v1 group: writes to what is not mapped are lost" names_nothing_beside_the_range

names_nothing_when_stopped() {
  echo "0x110000 5 20" >$dma
  echo Y >$remember
  expect_exit 0 vfioscope step $V1_A --yes stop && watches $V1_A --via group && each_report_names 0 &&
    expect_exit 0 vfioscope step $V1_A --yes running && watches $V1_A --via group && each_report_names 5
}
check "v1 group: a stopped device writes nothing, and goes on when it runs" names_nothing_when_stopped
echo N >$remember

forgets_with_a_reset() {
  echo "0x110000 5 20" >$dma
  expect_exit 0 vfioscope step $V1_A --yes reset && expect_equal 0 "$(cat $dma)"
}
check "v1: after a reset the device does no DMA" forgets_with_a_reset

says_who_has_a_log() {
  expect_exit 3 vfioscope dirty $1 --via cdev --by container --reports 1 && expect_line "no log of dirty pages" "by group"
}
finds_no_log() { expect_exit 3 vfioscope dirty $1 --via cdev --reports 1 && expect_line $1 "can log dirty pages" "by group"; }
for device in $V1_A $MTTY_A $EDU; do
  check "cdev: an iommufd says that the container has a log: $device" says_who_has_a_log $device
done

for device in $V1_A $EDU; do
  check "cdev: without a log of its own it says so: $device" finds_no_log $device
done

# v2: our module logs each page that it writes, and so does the container of its group.

v2_dma=/sys/bus/mdev/devices/$V2_A/vfioscope/dma
v2_remember=/sys/module/vfioscope_v2/parameters/remember
written='{"iova": 1114112, "length": 20480}'

logs_the_pages_written() {
  echo "0x110000 5 20" >$v2_dma
  watches $V2_A --via $1 --by $2 --map && reported_by $2 && each_report_names 5 &&
    expect_json "all(.[1:][]; .dirty_ranges == [$written])"
}
check "v2 cdev: its own log has the pages that it writes" logs_the_pages_written cdev device
check "v2 group: its own log has the pages that it writes" logs_the_pages_written group device
check "v2 group: the container's log has them too" logs_the_pages_written group container

# 60 pages are written in the middle of a page of 64 KiB, into five of these.
logs_by_larger_pages() {
  echo "0x118000 60 20" >$v2_dma
  expect_exit 0 vfioscope dirty $V2_A --via $1 --by device --json --map --page-size 64K --interval 0.2 --reports 2 &&
    lines_as_array && expect_json 'all(.[]; .page_size == 65536 and .pages == 32)' && each_report_names 5 &&
    expect_json 'all(.[1:][]; .dirty_ranges == [{"iova": 1114112, "length": 327680}])'
}
check "v2 cdev: it logs by larger pages" logs_by_larger_pages cdev

# The writes end with the first report: what was reported once is not reported for ever.
ends_with_a_report() {
  local tenth
  for tenth in $(seq 100); do
    grep -q '"event":"report"' $out && break
    sleep 0.1
  done
  echo 0 >$v2_dma
}
is_cleared_by_a_report() {
  echo "0x110000 5 20" >$v2_dma
  ends_with_a_report &
  expect_exit 0 vfioscope dirty $V2_A --via $1 --by device --json --interval 0.4 --reports 4 && lines_as_array &&
    expect_json '[.[] | select(.event == "report") | .dirty_pages] | .[0] == 5 and .[3] == 0'
}
check "v2 cdev: a report takes the pages out of the log" is_cleared_by_a_report cdev

logs_nothing_when_stopped() {
  echo "0x110000 5 20" >$v2_dma
  for state in stop running-p2p; do
    expect_exit 0 vfioscope step $V2_A --yes $state && watches $V2_A --via $1 --by device && each_report_names 0 || return
  done
  expect_exit 0 vfioscope step $V2_A --yes running && watches $V2_A --via $1 --by device && each_report_names 5
}
logs_in_pre_copy() {
  expect_exit 0 vfioscope step $V2_A --yes pre-copy && watches $V2_A --via cdev && reported_by device &&
    each_report_names 5
}
echo Y >$v2_remember
check "v2: stopped and in a p2p state it writes nothing, and nothing is logged" logs_nothing_when_stopped cdev
check "v2: in pre-copy it does, and its own log is the one that is chosen" logs_in_pre_copy
echo N >$v2_remember

logs_nothing_beside_the_range() {
  echo "0x800000 5 20" >$v2_dma
  watches $V2_A --via $1 --by device && each_report_names 0
}
check "v2 cdev: writes to what is not mapped are lost" logs_nothing_beside_the_range cdev
expect_exit 0 vfioscope step $V2_A --yes reset

# The kernel's sample driver logs nothing, but answers as if it did.

logs_nothing() { watches $MTTY_A --via $1 --by $2 && reported_by $2 && each_report_names 0; }
check "mtty cdev: its own log is empty" logs_nothing cdev device
check "mtty group: its own log is empty" logs_nothing group device
check "mtty group: the container's log is empty" logs_nothing group container

# A device behind a real IOMMU can write to every page that is mapped, and nobody knows to which it did.

names_every_page() { watches $EDU --via group --by container && each_report_names 512; }
check "edu group: behind an IOMMU every mapped page counts as dirty, each time" names_every_page

# What the kernel answers to right and wrong calls. The simulator is made after this.

answers_as_documented() {
  expect_exit 0 refusals /dev/vfio/$(group_of $1) $1 && cp $out /tmp/answers && expect_equal "$2" "$(cat /tmp/answers)"
}
container_answers="container
GET before START: EINVAL
UNMAP with bitmap before START: EINVAL
START and STOP at once: EINVAL
an unknown flag: EINVAL
START: ok
START again: ok
GET: ok
GET of half a mapping: EINVAL
GET by larger pages: EINVAL
GET not aligned: EINVAL
GET of nothing: EINVAL
GET beyond the last address: EINVAL
GET into too few bytes: EINVAL
UNMAP of half a mapping: EINVAL
UNMAP of all with bitmap: EINVAL
UNMAP with bitmap: ok
STOP: ok
STOP again: ok"
for device in $MTTY_A $V2_A; do
  check "the kernel's answers about dirty pages: $device" answers_as_documented $device "$container_answers
device
START of no range: EINVAL
START of 257 ranges: E2BIG
START not aligned: EINVAL
START beyond the last address: EOVERFLOW
START of ranges that overlap: EINVAL
START of 256 ranges: ok
REPORT: ok
REPORT takes no bit away: ok
REPORT by pages of 512: EINVAL
REPORT by pages of 3000: EINVAL
REPORT beyond the last address: EOVERFLOW
STOP: ok"
done
check "v1: the kernel's answers about dirty pages" answers_as_documented $V1_A "$container_answers
device
START of no range: ENOTTY
START of 257 ranges: ENOTTY
START not aligned: ENOTTY
START beyond the last address: ENOTTY
START of ranges that overlap: ENOTTY
START of 256 ranges: ENOTTY
REPORT: ENOTTY
REPORT takes no bit away: ok
REPORT by pages of 512: ENOTTY
REPORT by pages of 3000: ENOTTY
REPORT beyond the last address: ENOTTY
STOP: ENOTTY"
