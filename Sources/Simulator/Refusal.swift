import VFIO

/// The device says no. `SimulatedDevice` adds what was asked and makes a `DeviceError` of it.
struct Refusal: Error, Equatable {
  let errno: Errno

  init(_ errno: Errno) {
    self.errno = errno
  }
}
