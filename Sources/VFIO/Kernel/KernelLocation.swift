import CVFIO
import Glibc

/// Where a device is found in the running kernel.
public struct KernelLocation: Sendable {
  /// The device's name as its group knows it: the PCI address, or the mdev's UUID.
  public let name: String
  /// The group's node, such as `/dev/vfio/12` or `/dev/vfio/noiommu-0`.
  public let groupNode: String?
  /// The device's own node, such as `/dev/vfio/devices/vfio3`.
  public let deviceNode: String?

  /// The number that sysfs gives for the device's own node. A node with another one leads to another device.
  public let deviceNumber: (major: UInt32, minor: UInt32)?

  /// A device with these nodes.
  public init(
    name: String, groupNode: String?, deviceNode: String?, deviceNumber: (major: UInt32, minor: UInt32)? = nil
  ) {
    self.name = name
    self.groupNode = groupNode
    self.deviceNode = deviceNode
    self.deviceNumber = deviceNumber
  }
}

/// The two ways to a device of the kernel.
public enum KernelInterface: String, Sendable, CaseIterable {
  /// The device's own node, bound to `/dev/iommu`.
  case cdev
  /// The group's node and a container.
  case group
}

extension KernelDevice {
  /// Opens a device, by its own node where there is one, else through its group, or by the way that is asked for.
  ///
  /// Only BIND is done on the way by the node: stepping migration states needs no address space, and without one the
  /// device can't do DMA. Recording begins with the first open.
  public static func open(
    _ location: KernelLocation, via interface: KernelInterface?, recorder: any AccessRecorder
  ) throws(DeviceError) -> (device: any Device, interface: KernelInterface) {
    let interface = interface ?? (location.deviceNode != nil && iommufdExists ? .cdev : .group)
    let device = try KernelDevice(recorder: recorder) { () throws(DeviceError) in
      switch interface {
      case .cdev: try openByNode(location, recorder)
      case .group: try openByGroup(location, recorder)
      }
    }
    return (RecordingDevice(device, recorder: recorder), interface)
  }

  private static let iommufdNode = "/dev/iommu"
  private static let containerNode = "/dev/vfio/vfio"

  private static var iommufdExists: Bool { access(iommufdNode, F_OK) == 0 }

  // MARK: by the device's own node

  private static func openByNode(
    _ location: KernelLocation, _ recorder: any AccessRecorder
  ) throws(DeviceError) -> KernelHold {
    guard let node = location.deviceNode else {
      throw DeviceError(.open(path: "/dev/vfio/devices"), .malformed("\(location.name) has no node of its own there"))
    }
    let device = try FileDescriptor.open(node, recorder: recorder)
    if let expected = location.deviceNumber, let found = device.deviceNumber, found != expected {
      throw DeviceError(
        .open(path: node),
        .malformed("the node is \(found.major):\(found.minor), the device \(expected.major):\(expected.minor)"))
    }
    let iommufd = try FileDescriptor.open(iommufdNode, recorder: recorder)
    let bind = Operation.attach(call: "BIND_IOMMUFD")
    try recorder.measure(bind) { (_) throws(DeviceError) in
      var argument = cv_device_bind_iommufd()
      argument.argsz = UInt32(MemoryLayout<cv_device_bind_iommufd>.size)
      argument.iommufd = iommufd.borrowed
      _ = try device.ioctl(CV_DEVICE_BIND_IOMMUFD, &argument, as: bind)
    }
    return KernelHold(device, iommu: KernelIOAS(iommufd))
  }

  // MARK: through the group

  private static func openByGroup(
    _ location: KernelLocation, _ recorder: any AccessRecorder
  ) throws(DeviceError) -> KernelHold {
    guard let node = location.groupNode else {
      throw DeviceError(.open(path: "/dev/vfio"), .malformed("\(location.name) has no group node there"))
    }
    let container = try FileDescriptor.open(containerNode, recorder: recorder)
    let version = try call("GET_API_VERSION", recorder) { (operation) throws(DeviceError) in
      try container.ioctl(CV_GET_API_VERSION, as: operation)
    }
    guard version == CV_API_VERSION else {
      throw DeviceError(.attach(call: "GET_API_VERSION"), .malformed("the container speaks version \(version), not 0"))
    }
    let group = try FileDescriptor.open(node, recorder: recorder)
    let type = try iommuType(of: container, for: node, recorder)
    try attach(group, to: container, iommu: type, recorder)
    let device = try call("GROUP_GET_DEVICE_FD \(location.name)", recorder) { (operation) throws(DeviceError) in
      var name = Array(location.name.utf8) + [0]
      return try group.ioctl(CV_GROUP_GET_DEVICE_FD, buffer: &name, as: operation)
    }
    return KernelHold(
      FileDescriptor(owning: Int32(device)), iommu: KernelContainer(container, group: group, iommu: type))
  }

  /// TYPE1v2 where the kernel has it (dirty page logging needs it), else TYPE1; the unsafe mode has a type of its own.
  private static func iommuType(
    of container: borrowing FileDescriptor, for node: String, _ recorder: any AccessRecorder
  ) throws(DeviceError) -> UInt {
    guard !node.contains("/noiommu-") else { return UInt(CV_NOIOMMU_IOMMU) }
    for type in [UInt(CV_TYPE1V2_IOMMU), UInt(CV_TYPE1_IOMMU)] {
      let operation = Operation.attach(call: "CHECK_EXTENSION \(type)")
      let answer = try recorder.measure(operation) { (outcome) throws(DeviceError) in
        outcome.result = try container.ioctl(CV_CHECK_EXTENSION, number: type, as: operation)
        return outcome.result
      }
      if answer > 0 { return type }
    }
    throw DeviceError(.attach(call: "CHECK_EXTENSION"), .malformed("the kernel has no type1 IOMMU driver loaded"))
  }

  private static func attach(
    _ group: borrowing FileDescriptor, to container: borrowing FileDescriptor, iommu type: UInt,
    _ recorder: any AccessRecorder
  ) throws(DeviceError) {
    var status = cv_group_status()
    status.argsz = UInt32(MemoryLayout<cv_group_status>.size)
    _ = try call("GROUP_GET_STATUS", recorder) { (operation) throws(DeviceError) in
      try group.ioctl(CV_GROUP_GET_STATUS, &status, as: operation)
    }
    guard status.flags & UInt32(CV_GROUP_FLAGS_VIABLE) != 0 else {
      throw DeviceError(
        .attach(call: "GROUP_GET_STATUS"),
        .malformed("the group is not viable: another device of it is bound to a host driver"))
    }
    var number = container.borrowed
    _ = try call("GROUP_SET_CONTAINER", recorder) { (operation) throws(DeviceError) in
      try group.ioctl(CV_GROUP_SET_CONTAINER, &number, as: operation)
    }
    _ = try call("SET_IOMMU \(type)", recorder) { (operation) throws(DeviceError) in
      try container.ioctl(CV_SET_IOMMU, number: type, as: operation)
    }
  }

  private static func call(
    _ name: String, _ recorder: any AccessRecorder, _ body: (Operation) throws(DeviceError) -> Int
  ) throws(DeviceError) -> Int {
    let operation = Operation.attach(call: name)
    return try recorder.measure(operation) { (outcome) throws(DeviceError) in
      outcome.result = try body(operation)
      return outcome.result
    }
  }
}
