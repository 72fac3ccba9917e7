# Loads the drivers, gives the spare PCI devices to vfio-pci, and makes the mediated devices.

modprobe -a e1000 e1000e nvme vfio_iommu_type1 vfio-pci iommufd mtty vfioscope_v2 vfioscope_v1

give_to_vfio() {
  device=/sys/bus/pci/devices/$1
  [ -e "$device/driver" ] && echo "$1" >"$device/driver/unbind"
  echo vfio-pci >"$device/driver_override"
  echo "$1" >/sys/bus/pci/drivers_probe
}

for address in "$EDU" "$SPARE_NIC" "$NVME" "$SHARED_EDU"; do
  give_to_vfio "$address"
done

make_mediated() {
  echo "$3" >"/sys/class/mdev_bus/$1/mdev_supported_types/$2/create"
}

make_mediated mtty mtty-2 "$MTTY_A"
make_mediated mtty mtty-2 "$MTTY_B"
make_mediated mtty mtty-1 "$MTTY_C"
make_mediated vfioscope_v2 vfioscope_v2-states "$V2_A"
make_mediated vfioscope_v2 vfioscope_v2-states "$V2_B"
make_mediated vfioscope_v1 vfioscope_v1-region "$V1_A"
make_mediated vfioscope_v1 vfioscope_v1-region "$V1_B"
