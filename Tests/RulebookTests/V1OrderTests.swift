import Testing

@testable import Rulebook

/// What this program does with the registers is judged like anybody else's.
@Suite("The order of the registers of v1")
struct V1OrderTests {
  @Test("is kept by a save that reads pending_bytes, data_offset, data_size, the data, and again")
  func save() {
    #expect(fault(inSave: [.setState(2), .readPending(8), .readOffset(32), .readSize(8), .readData(count: 8)]) == nil)
    #expect(fault(inSave: [.readPending(0), .readState, .readPending(8), .readOffset(32), .readSize(0)]) == nil)
    // The journal may begin in the middle, and a map leaves no trace of what is read.
    #expect(fault(inSave: [.readSize(8), .readData(count: 8), .readPending(0)]) == nil)
    #expect(fault(inSave: [.readPending(8), .readOffset(32), .readSize(8), .map, .readPending(0)]) == nil)
  }

  @Test(
    "is not kept by a save that leaves one out, or is too early",
    arguments: [
      [.readPending(0), .readOffset(32)],
      [.setState(2), .readOffset(32)],
      [.readPending(8), .readSize(8)],
      [.readPending(8), .readOffset(32), .readData(count: 8)],
      [.readPending(8), .readOffset(32), .readSize(8), .readPending(8)],
      [.readPending(8), .readOffset(32), .readSize(8), .readData(count: 8), .readOffset(32)],
    ] as [[V1Touch]])
  func badSave(touches: [V1Touch]) {
    #expect(fault(inSave: touches) != nil)
  }

  @Test("is kept by a load that reads data_offset, writes the data, then data_size")
  func load() {
    let chunk: [V1Touch] = [
      .readOffset(32), .setData(offset: 32, count: 5), .setData(offset: 37, count: 3), .setSize(8),
    ]
    #expect(fault(inLoad: [.setState(4)] + chunk + chunk + [.setState(1)]) == nil)
    #expect(fault(inLoad: [.setState(4), .readOffset(32), .map, .setSize(8)]) == nil)
    #expect(fault(inLoad: [.setData(offset: 40, count: 8), .setSize(8)] + chunk) == nil)
  }

  @Test(
    "is not kept by a load that leaves one out, or tells another size",
    arguments: [
      [.setState(4), .setData(offset: 32, count: 8)],
      [.setState(4), .readOffset(32), .setSize(8)],
      [.setState(4), .readOffset(32), .setData(offset: 32, count: 8), .setSize(9)],
      [.readOffset(32), .setData(offset: 32, count: 8), .setSize(8), .setData(offset: 32, count: 8)],
    ] as [[V1Touch]])
  func badLoad(touches: [V1Touch]) {
    #expect(fault(inLoad: touches) != nil)
  }

  private func fault(inSave touches: [V1Touch]) -> String? {
    var order = SaveOrder()
    return touches.compactMap { order.fault(of: $0) }.first
  }

  private func fault(inLoad touches: [V1Touch]) -> String? {
    var order = LoadOrder()
    return touches.compactMap { order.fault(of: $0) }.first
  }
}
