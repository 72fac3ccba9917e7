/// Where a function sits on PCI: `domain:bus:device.function`, as sysfs names it.
public struct PCIAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The PCI domain (segment). Virtual domains, such as those of VMD, need more than 16 bits.
  public let domain: UInt32
  /// The bus in that domain.
  public let bus: UInt8
  /// The device (slot) on that bus, 0 to 31.
  public let device: UInt8
  /// The function of that device, 0 to 7.
  public let function: UInt8

  /// An address from its four numbers; nil when device or function is out of range.
  public init?(domain: UInt32 = 0, bus: UInt8, device: UInt8, function: UInt8) {
    guard device < 32, function < 8 else { return nil }
    self.domain = domain
    self.bus = bus
    self.device = device
    self.function = function
  }

  /// Reads `0000:3b:00.2`, or `3b:00.2` for domain 0000, in hexadecimal digits of either case.
  public init?(_ text: String) {
    var digits = HexReader(Array(text.utf8)[...])
    guard let first = digits.number(upTo: 8), digits.skip(":"), let second = digits.number(upTo: 4) else { return nil }
    var numbers = [first, second]
    if digits.skip(":") {
      guard let third = digits.number(upTo: 2) else { return nil }
      numbers.append(third)
    } else {
      numbers.insert(0, at: 0)
    }
    guard digits.skip("."), let function = digits.number(upTo: 1), digits.isAtEnd,
      let bus = UInt8(exactly: numbers[1]), let device = UInt8(exactly: numbers[2])
    else { return nil }
    self.init(domain: numbers[0], bus: bus, device: device, function: UInt8(function))
  }

  /// The name sysfs gives it, such as `0000:3b:00.2`.
  public var description: String {
    // Made of bytes: a big machine's addresses are written ten thousands of times, and number by number takes five
    // times as long.
    String(unsafeUninitializedCapacity: 16) { buffer in
      var writer = HexWriter(buffer)
      writer.number(domain, digits: max(4, (35 - domain.leadingZeroBitCount) / 4))
      writer.character(":")
      writer.number(UInt32(bus), digits: 2)
      writer.character(":")
      writer.number(UInt32(device), digits: 2)
      writer.character(".")
      writer.number(UInt32(function), digits: 1)
      return writer.count
    }
  }

  /// Lower domains come first, then lower buses, devices, functions.
  public static func < (left: PCIAddress, right: PCIAddress) -> Bool { left.order < right.order }

  private var order: UInt64 {
    UInt64(domain) << 24 | UInt64(bus) << 16 | UInt64(device) << 8 | UInt64(function)
  }
}
