import TestSupport
import Testing

@testable import VFIO

/// The kernel's mapping, on a file that stands for the device.
@Suite struct MappedWindowTests {
  private static let page = 4096
  private let contents = (0..<4 * Self.page).map { UInt8(truncatingIfNeeded: $0 / 7) }
  private let file: TemporaryFile

  init() {
    file = TemporaryFile(contents)
  }

  /// The file's second page and what follows.
  private func region(_ flags: Region.Flags = [.read, .write, .map], offset: UInt64 = 4096) -> Region {
    Region(index: 2, flags: flags, size: 3 * 4096, offset: offset)
  }

  @Test(arguments: [(0, 1), (0, 3 * 4096), (1, 4095), (4000, 200), (12287, 1), (5000, 7288)])
  func aWindowIsExactlyThePartThatWasAskedFor(offset: Int, count: Int) throws {
    let window = try file.device().map(region(), offset: UInt64(offset), count: count)
    #expect(window.count == count)
    let start = Self.page + offset
    #expect(try window.bytes(from: 0, count: count) == Array(contents[start..<start + count]))
    #expect(try window.bytes(from: count - 1, count: 1) == [contents[start + count - 1]])
    #expect(try window.bytes(from: count, count: 0).isEmpty)
    let lent = try window.withBytes(in: 0..<count) { $0.withUnsafeBytes { Array($0) } }
    #expect(lent == Array(contents[start..<start + count]))
  }

  @Test func aRegionNeedNotBeginOnAPage() throws {
    let window = try file.device().map(region(offset: 4096 + 100), offset: 50, count: 10)
    #expect(try window.bytes(from: 0, count: 10) == Array(contents[4246..<4256]))
  }

  @Test func whatIsWrittenThroughTheWindowIsInTheDeviceAtOnceAndNothingElseIs() throws {
    let window = try file.device().map(region(), offset: 100, count: 50)
    try window.put([0xA1, 0xA2, 0xA3], at: 47)
    try window.put([], at: 50)
    var expected = contents
    expected.replaceSubrange(4096 + 147..<4096 + 150, with: [0xA1, 0xA2, 0xA3])
    #expect(file.bytes(count: contents.count) == expected)
  }

  @Test func whatTheDeviceChangesIsSeenThroughTheWindow() throws {
    let device = try file.device()
    let window = try device.map(region(), offset: 0, count: 100)
    _ = try device.write(region(), at: 10, from: ([0xB1, 0xB2] as [UInt8]).span.bytes)
    #expect(try window.bytes(from: 10, count: 2) == [0xB1, 0xB2])
  }

  @Test(arguments: [(-1, 1), (0, 101), (100, 1), (101, 0), (Int.max, 1), (Int.min, 1), (1, 100)])
  func anAccessOutsideTheWindowIsRefused(offset: Int, count: Int) throws {
    let window = try file.device().map(region(), offset: 0, count: 100)
    let reason = DeviceError.Reason.malformed("this is not inside the window of 100 bytes")
    let reading = #expect(throws: DeviceError.self) { try window.bytes(from: offset, count: count) }
    #expect(reading?.reason == reason)
    let bytes = [UInt8](repeating: 0, count: count)
    let writing = #expect(throws: DeviceError.self) { try window.put(bytes, at: offset) }
    #expect(writing?.reason == reason)
    guard offset < Int.max else { return }
    let lending = #expect(throws: DeviceError.self) { try window.withBytes(in: offset..<offset + count) { _ in } }
    #expect(lending?.reason == reason)
    #expect(file.bytes(count: contents.count) == contents)
  }

  @Test func aWindowIsAccessedOnlyAsItsRegionMayBe() throws {
    let device = try file.device()
    let readOnly = try device.map(region([.read, .map]), offset: 0, count: 8)
    #expect(try readOnly.bytes(from: 0, count: 8) == Array(contents[4096..<4104]))
    #expect(throws: DeviceError(.mappedWrite(region: 2, offset: 4, count: 1), .EACCES)) { try readOnly.put([1], at: 4) }
    let writeOnly = try device.map(region([.write, .map]), offset: 0, count: 8)
    try writeOnly.put([1], at: 0)
    #expect(throws: DeviceError(.mappedRead(region: 2, offset: 0, count: 1), .EACCES)) {
      try writeOnly.bytes(from: 0, count: 1)
    }
  }

  @Test func aWindowThatWasGivenBackAnswersWithAnError() throws {
    let window = try file.device().map(region(), offset: 0, count: 8)
    window.unmap()
    window.unmap()
    let error = #expect(throws: DeviceError.self) { try window.bytes(from: 0, count: 8) }
    #expect(error?.description == "read mapped region 2 +0x0 8 bytes: the window is not mapped any more")
    #expect(throws: DeviceError.self) { try window.put([1], at: 0) }
    #expect(throws: DeviceError.self) { try window.withBytes(in: 0..<1) { _ in } }
  }

  @Test func bytesThatAreLentStayUntilTheyAreGivenBack() throws {
    let window = try file.device().map(region(), offset: 0, count: 8)
    let seen = try window.withBytes(in: 2..<4) { bytes in
      window.unmap()
      return bytes.withUnsafeBytes(Array.init)
    }
    #expect(seen == Array(contents[4098..<4100]))
    #expect(throws: DeviceError.self) { try window.withBytes(in: 2..<4) { _ in } }
  }

  @Test func lettingGoOfAWindowGivesItsPagesBack() throws {
    let device = try file.device()
    // More than the address space holds, were they kept.
    let large = Region(index: 2, flags: [.read, .map], size: 1 << 44, offset: 0)
    for _ in 0..<32 { #expect(try device.map(large, offset: 0, count: 1 << 44).count == 1 << 44) }
  }

  @Test func aDeviceThatVanishesMakesAnErrorOfEveryCopy() throws {
    let window = try file.device().map(region(), offset: 10, count: 8000)
    file.empty()
    for _ in 0..<3 {
      #expect(throws: DeviceError(.mappedRead(region: 2, offset: 15, count: 8), .EIO)) {
        try window.bytes(from: 5, count: 8)
      }
      #expect(throws: DeviceError(.mappedWrite(region: 2, offset: 10, count: 1), .EIO)) { try window.put([1], at: 0) }
    }
    let other = TemporaryFile([])
    #expect(try window.withBytes(in: 0..<8000) { other.append($0) } == .EFAULT)
  }

  @Test func whatTheKernelRefusesToMapIsAnErrorWithItsNumber() {
    // No memory has so many pages.
    let region = Region(index: 2, flags: [.read, .map], size: 1 << 62, offset: 0)
    #expect(throws: DeviceError(.map(region: 2, offset: 0, count: 1 << 62), .ENOMEM)) {
      try file.device().map(region, offset: 0, count: 1 << 62)
    }
  }
}
