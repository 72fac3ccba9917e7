# The guest's devices by name. The PCI addresses follow from the order of the devices in
# steps/machine.py; the mediated devices are made by devices.sh.
export EDU=0000:00:04.0                               # vfio-pci, a group of its own
export NIC=0000:01:00.0                               # e1000e keeps it: a host device
export SPARE_NIC=0000:02:00.0                         # vfio-pci
export NVME=0000:03:00.0                              # vfio-pci
export SHARED_EDU=0000:05:01.0                        # vfio-pci, in one group with ...
export SHARED_NIC=0000:05:02.0                        # ... this one, which e1000 keeps: not viable
export MTTY_A=6d747479-0000-4000-8000-00000000000a    # v2, the kernel's sample driver
export MTTY_B=6d747479-0000-4000-8000-00000000000b
export MTTY_C=6d747479-0000-4000-8000-00000000000c      # one port, the others have two: it refuses their data
export V2_A=76320000-0000-4000-8000-00000000000a      # v2, our module
export V2_B=76320000-0000-4000-8000-00000000000b
export V1_A=76310000-0000-4000-8000-00000000000a      # v1, our module
export V1_B=76310000-0000-4000-8000-00000000000b
