import VFIO

@testable import Simulator

/// The number a call was refused with, or nil when it succeeded.
func refusal(_ call: () throws -> Void) -> Errno? {
  do {
    try call()
    return nil
  } catch {
    return (error as? DeviceError)?.errno
  }
}

/// An address of a profile with options.
func address(_ profile: String, _ options: String) -> String {
  options.isEmpty ? profile : profile + "," + options
}

extension SimulatedDevice {
  /// All of the device's memory, through BAR0.
  func memory() throws -> [UInt8] {
    let bar = try region(0)
    var all: [UInt8] = []
    while all.count < Int(bar.size) {
      all += try bytes(in: bar, at: UInt64(all.count), count: min(1 << 20, Int(bar.size) - all.count))
    }
    return all
  }

  /// Writes into the device's memory, through BAR0.
  func put(_ bytes: [UInt8], at offset: UInt64) throws {
    _ = try write(region(0), at: offset, from: bytes.span.bytes)
  }
}

extension DataStream {
  /// One read of up to `count` bytes.
  func read(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    let got = try read(into: &raw)
    return Array(bytes.prefix(got))
  }

  /// All bytes until the end, or until there are no more for now.
  func drain(by count: Int = 100_000) throws -> [UInt8] {
    var all: [UInt8] = []
    do {
      while case let bytes = try read(count), !bytes.isEmpty { all += bytes }
    } catch let error as DeviceError where error.errno == .ENOMSG {}
    return all
  }

  /// Writes all bytes in pieces of `size`.
  func fill(_ bytes: [UInt8], by size: Int = 100_000) throws {
    for start in stride(from: 0, to: bytes.count, by: size) {
      _ = try write(bytes.span.bytes.extracting(start..<min(start + size, bytes.count)))
    }
  }
}
