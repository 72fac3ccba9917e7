// VFIO
