import Glibc
import TestSupport
import Testing
import VFIO

@testable import Migration

/// Bytes in a file without a name.
@Suite struct ScratchFileTests {
  private let folder: Tree

  init() throws {
    folder = try Tree()
  }

  @Test func itGivesBackWhatWasPutIn() throws {
    let file = try ScratchFile(in: [folder.path])
    #expect(file.count == 0)
    try file.append(([1, 2, 3] as [UInt8]).span.bytes)
    try file.append(([4, 5] as [UInt8]).span.bytes)
    #expect(file.count == 5)
    #expect(try file.bytes(1..<4) == [2, 3, 4])
    #expect(try file.bytes(5..<5) == [])
    // Reading does not move the place where the next bytes go.
    try file.append(([6] as [UInt8]).span.bytes)
    #expect(try file.bytes(0..<6) == [1, 2, 3, 4, 5, 6])
    #expect(throws: StreamFault.self) { try file.bytes(4..<7) }
  }

  @Test func itHasNoName() throws {
    let before = try names()
    let file = try ScratchFile(in: [folder.path])
    try file.append(([1] as [UInt8]).span.bytes)
    #expect(try names() == before)
  }

  private func names() throws -> Set<String> {
    let directory = try #require(opendir(folder.path))
    defer { closedir(directory) }
    var names: Set<String> = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { $0.prefix { $0 != 0 } }
      names.insert(String(decoding: name, as: UTF8.self))
    }
    return names
  }

  @Test func aDirectoryThatCannotHaveOneIsPassedOver() throws {
    let file = try ScratchFile(in: ["/proc", folder.path + "/missing", folder.path])
    try file.append(([1] as [UInt8]).span.bytes)
    #expect(file.count == 1)
    let fault = #expect(throws: StreamFault.self) { try ScratchFile(in: [folder.path + "/missing"]) }
    #expect(fault?.errno == .ENOENT)
    #expect(throws: StreamFault.self) { try ScratchFile(in: []) }
  }
}
