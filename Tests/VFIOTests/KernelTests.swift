import Glibc
import TestSupport
import Testing

@testable import VFIO

/// What can be tested of the kernel's side without a device: descriptors, guards, and how opening fails.
@Suite struct KernelTests {
  @Test func aReadThatOverrunsItsBufferIsRefused() {
    var target: [UInt8] = [0, 0, 0, 0]
    var span = target.mutableSpan
    var bytes = span.mutableBytes
    let operation = Operation.read(region: 9, offset: 8, count: 4)
    let error = #expect(throws: DeviceError.self) {
      try GuardedBuffer.fill(&bytes, as: operation) { buffer in
        // As a driver does that copies a register of 8 bytes whatever was asked for.
        buffer.baseAddress?.initializeMemory(as: UInt8.self, repeating: 1, count: 8)
        return 4
      }
    }
    #expect(error?.reason == .overran(count: 4))
    #expect(target == [0, 0, 0, 0])
  }

  @Test func aReadThatFitsComesThrough() throws {
    var target: [UInt8] = [9, 9, 9, 9]
    var span = target.mutableSpan
    var bytes = span.mutableBytes
    let got = try GuardedBuffer.fill(&bytes, as: .deviceInfo) { buffer in
      buffer.copyBytes(from: [1, 2])
      return 2
    }
    #expect(got == 2)
    #expect(target == [1, 2, 9, 9])
  }

  @Test func aDescriptorIsClosedOnceAndOnlyOnce() throws {
    let number: Int32
    do {
      let descriptor = try FileDescriptor.open("/dev/null", recorder: Recording())
      number = descriptor.borrowed
      #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
    }
    #expect(fcntl(number, F_GETFD) == -1)
  }

  @Test func aStreamAnswersEBADFAfterClose() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let reading = KernelStream(FileDescriptor(owning: ends[0]))
    let writing = KernelStream(FileDescriptor(owning: ends[1]))
    #expect(try writing.write(([1, 2, 3] as [UInt8]).span.bytes) == 3)
    var target = [UInt8](repeating: 0, count: 8)
    var span = target.mutableSpan
    var bytes = span.mutableBytes
    #expect(try reading.read(into: &bytes) == 3)
    let notADataFD = #expect(throws: DeviceError.self) { try reading.precopyInfo() }
    #expect(notADataFD?.errno == .ENOTTY)
    reading.close()
    reading.close()
    let closed = #expect(throws: DeviceError.self) { try reading.precopyInfo() }
    #expect(closed?.errno == .EBADF)
  }

  @Test func openingAMissingNodeSaysWhichAndWhy() {
    let recording = Recording()
    let location = KernelLocation(name: "0000:99:00.0", groupNode: nil, deviceNode: "/dev/vfio/devices/vfio-none")
    let error = #expect(throws: DeviceError.self) {
      try KernelDevice.open(location, via: .cdev, recorder: recording)
    }
    #expect(error?.description == "open /dev/vfio/devices/vfio-none: ENOENT (No such file or directory)")
    #expect(recording.accesses.map(\.errno) == [.ENOENT])
  }

  @Test func aDeviceWithoutTheNodeAskedForIsRefused() {
    let location = KernelLocation(name: "0000:99:00.0", groupNode: nil, deviceNode: nil)
    for interface in KernelInterface.allCases {
      let error = #expect(throws: DeviceError.self) {
        try KernelDevice.open(location, via: interface, recorder: Recording())
      }
      #expect(error?.description.contains("0000:99:00.0 has no") == true)
    }
  }

  @Test func aFileThatIsNoDeviceIsRefusedWithTheKernelsWord() {
    let location = KernelLocation(name: "x", groupNode: nil, deviceNode: "/dev/null")
    let error = #expect(throws: DeviceError.self) {
      try KernelDevice.open(location, via: .cdev, recorder: Recording())
    }
    #expect(error?.errno == .ENOENT || error?.errno == .ENOTTY)
  }

  @Test(arguments: [(Errno.EINVAL, "EINVAL"), (.ENOMSG, "ENOMSG"), (.ENOTSUP, "EOPNOTSUPP")])
  func errorsHaveTheirNames(errno: Errno, name: String) {
    #expect(errno.name == name)
    #expect(Errno(name: name) == errno)
  }

  @Test func anErrorWithoutANameKeepsItsNumber() {
    #expect(Errno(rawValue: 523).name == "errno 523")
  }
}
