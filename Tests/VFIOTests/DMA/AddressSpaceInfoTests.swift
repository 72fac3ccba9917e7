import TestSupport
import Testing

@testable import VFIO

/// What a container says of its address space, byte by byte as linux/vfio.h lays it out.
@Suite struct AddressSpaceInfoTests {
  private let allSizes = ~UInt64(0xFFF)

  @Test func theMigrationCapabilityIsFoundBehindOthers() throws {
    let reply = Self.reply(capabilities: [RegionReply.header(id: 1, next: 0), Self.migration])
    let info = try AddressSpaceInfo(reply: reply)
    #expect(info == AddressSpaceInfo(pageSizes: allSizes, logging: .init(pageSizes: 4096, maxBitmapSize: 1 << 28)))
  }

  @Test func withoutTheCapabilityNothingIsLogged() throws {
    #expect(try AddressSpaceInfo(reply: Self.reply(capabilities: [])).logging == nil)
    #expect(try AddressSpaceInfo(reply: Self.reply(capabilities: [RegionReply.header(id: 3, next: 0)])).logging == nil)
  }

  @Test func anOldKernelsAnswerEndsBeforeTheChain() throws {
    let short = Array(Self.reply(capabilities: []).prefix(16))
    #expect(try AddressSpaceInfo(reply: short) == AddressSpaceInfo(pageSizes: allSizes, logging: nil))
  }

  @Test func pageSizesCountOnlyWithTheirFlag() throws {
    var reply = Self.reply(capabilities: [])
    reply.put(number: UInt32(0), at: 4)
    #expect(try AddressSpaceInfo(reply: reply).pageSizes == 0)
  }

  @Test func aChainThatPointsOutsideIsRefused() {
    for place: UInt32 in [8, 23, 49, 4000, .max] {
      var reply = Self.reply(capabilities: [Self.migration])
      reply.put(number: place, at: 16)
      expectMalformed(reply, "the capability chain points at \(place), outside the answer of 56 bytes")
    }
  }

  @Test func aChainThatComesBackIsRefused() {
    var reply = Self.reply(capabilities: [RegionReply.header(id: 9, next: 0), Self.migration])
    reply.put(number: UInt32(24), at: 36)
    expectMalformed(reply, "the capability chain comes back to 24")
  }

  @Test func aCapabilityThatIsCutIsRefused() {
    expectMalformed(
      Self.reply(capabilities: [Array(Self.migration.prefix(24))]),
      "the capability chain points at 24, outside the answer of 48 bytes")
  }

  @Test func anAnswerThatIsTooShortIsRefused() {
    expectMalformed([0, 0, 0, 0, 1, 0, 0, 0], "the answer is too short")
  }

  private func expectMalformed(_ reply: [UInt8], _ why: String) {
    let error = #expect(throws: DeviceError.self) { try AddressSpaceInfo(reply: reply) }
    #expect(error?.reason == .malformed(why))
  }

  private static let migration =
    RegionReply.header(id: 2, next: 0) + [UInt8](repeating: 0, count: 8) + [UInt8](number: UInt64(4096))
    + [UInt8](number: UInt64(1 << 28))

  private static func reply(capabilities: [[UInt8]]) -> [UInt8] {
    var reply: [UInt8] = []
    reply.append(number: UInt32(24 + capabilities.reduce(0) { $0 + $1.count }))
    reply.append(number: UInt32(capabilities.isEmpty ? 1 : 3))
    reply.append(number: ~UInt64(0xFFF))
    reply.append(number: UInt32(capabilities.isEmpty ? 0 : 24))
    reply.append(number: UInt32(0))
    for (index, capability) in capabilities.enumerated() {
      let start = reply.count
      reply += capability
      if index < capabilities.count - 1 { reply.put(number: UInt32(reply.count), at: start + 4) }
    }
    return reply
  }
}
