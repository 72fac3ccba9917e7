import Testing
import VFIO

@testable import Simulator

@Suite("The migration region of protocol v1")
struct V1RegisterTests {
  typealias Register = MigrationRegion.Register

  static let native: [(offset: UInt64, width: Int)] = [
    (Register.deviceState, 4), (Register.reserved, 4), (Register.pendingBytes, 8), (Register.dataOffset, 8),
    (Register.dataSize, 8),
  ]

  @Test("is found by its type, lies behind the fixed regions and may be read and written")
  func discovery() throws {
    let v1 = try V1Device("window=64K,chunk=4K,map=no")
    let hits = try v1.device.regions().filter { $0.capabilities.contains(.type(3, subtype: 1)) }
    #expect(hits.map(\.index) == [9])
    #expect(v1.region.flags == [.read, .write, .capabilities])
    #expect(v1.region.size == 4096 + 64 << 10)
  }

  @Test("lets only the window be mapped, and says so when asked to")
  func sparse() throws {
    let region = try V1Device("window=64K,chunk=4K,map=yes").region
    #expect(region.flags == [.read, .write, .map, .capabilities])
    #expect(
      region.capabilities == [.type(3, subtype: 1), .sparseMap([.init(offset: 4096, size: 64 << 10)])])
  }

  @Test("says how large a buffer its description needs")
  func smallBuffer() throws {
    let device = try V1Device("map=yes").device
    let short = try device.regionInfo(9, argsz: 32)
    #expect(short.count == 32)
    #expect(short.number(UInt32.self, at: 0) == 80)
    #expect(short.number(UInt32.self, at: 12) == 0)
    #expect((short.number(UInt32.self, at: 4) ?? 0) & Region.Flags.capabilities.rawValue != 0)
    let whole = try device.regionInfo(9, argsz: 80)
    #expect(whole.number(UInt32.self, at: 0) == 80)
    #expect(whole.number(UInt32.self, at: 12) == 32)
    #expect(try device.regionInfo(9, argsz: 200).number(UInt32.self, at: 0) == 200)
    #expect(refusal { _ = try device.regionInfo(9, argsz: 31) } == .EINVAL)
    #expect(refusal { _ = try device.regionInfo(10, argsz: 80) } == .EINVAL)
  }

  @Test("reads each register with its own width and refuses every other", arguments: ["pre-copy", "resuming"])
  func widths(state: String) throws {
    let v1 = try V1Device("state=\(state)")
    for offset in UInt64(0)..<40 {
      for width in [1, 2, 4, 8, 16, 32] {
        if Self.native.contains(where: { $0 == (offset, width) }) {
          #expect(try v1.read(at: offset, width).count == width)
        } else {
          #expect(refusal { _ = try v1.read(at: offset, width) } == .EINVAL, "\(width) bytes at \(offset)")
        }
      }
    }
  }

  @Test("takes no write of another width, or where no register is", arguments: ["running", "resuming"])
  func writeWidths(state: String) throws {
    let v1 = try V1Device("state=\(state)")
    for offset in UInt64(0)..<40 {
      for width in [1, 2, 4, 8, 16] where !Self.native.contains(where: { $0 == (offset, width) }) {
        let zeroes = [UInt8](repeating: 0, count: width)
        #expect(refusal { try v1.write(zeroes, at: offset) } == .EINVAL, "\(width) bytes at \(offset)")
      }
    }
    #expect(try v1.state.name == state)
  }

  @Test("has a reserved word that reads zero and ignores writes")
  func reserved() throws {
    let v1 = try V1Device()
    try v1.write([0xFF, 0xFF, 0xFF, 0xFF], at: Register.reserved)
    #expect(try v1.read(at: Register.reserved, 4) == [0, 0, 0, 0])
    #expect(try v1.state == .running)
  }

  @Test("refuses writes to pending_bytes and data_offset in every state", arguments: V1State.valid)
  func readOnly(state: V1State) throws {
    let v1 = try V1Device("state=\(state.name)")
    for register in [Register.pendingBytes, Register.dataOffset] {
      #expect(refusal { try v1.write([UInt8](repeating: 1, count: 8), at: register) } == .EINVAL)
    }
  }

  @Test("takes data_size only in RESUMING", arguments: V1State.valid)
  func dataSize(state: V1State) throws {
    let v1 = try V1Device("state=\(state.name)")
    let answer = refusal { try v1.write([UInt8](repeating: 0, count: 8), at: Register.dataSize) }
    #expect(answer == (state == .resuming ? nil : .EINVAL))
  }

  @Test("has a window inside the region, behind the registers, while data move", arguments: V1State.valid)
  func window(state: V1State) throws {
    let v1 = try V1Device("state=\(state.name)")
    guard state.contains(.savingBit) || state.contains(.resumingBit) else {
      #expect(refusal { _ = try v1.dataOffset } == .EINVAL)
      #expect(refusal { _ = try v1.dataSize } == .EINVAL)
      #expect(refusal { _ = try v1.read(at: 4096, 8) } == .EINVAL)
      #expect(try v1.pendingBytes == 0)
      return
    }
    let offset = try v1.dataOffset
    #expect(offset >= MigrationRegion.headerSize)
    #expect(offset % 4096 == 0)
    #expect(try offset + v1.dataSize <= v1.region.size)
    #expect(refusal { try v1.write([1], at: offset) } == (state == .resuming ? nil : .EINVAL))
    #expect(refusal { _ = try v1.read(at: v1.region.size, 8) } == .EINVAL)
  }

  @Test("knows no features")
  func features() throws {
    let device = try V1Device().device
    for number in FeatureNumber.allCases {
      var data = [UInt8](repeating: 0, count: 32)
      #expect(refusal { try device.set(number, data: &data) } == .ENOTTY)
    }
  }
}
