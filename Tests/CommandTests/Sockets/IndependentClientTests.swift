import Glibc
import TestSupport
import Testing

/// A second client, in Python and written from the protocol's text alone, compares every reply of `serve` with that text.
/// It lies in Tests/VFIOUserPeer, and prints a line for each thing that it compares.
@Suite("A client of vfio-user that knows nothing of ours")
struct IndependentClientTests {
  /// What is compared, for one generation of the protocol.
  struct Topic: CustomTestStringConvertible {
    let name: String
    let generation: Int
    /// Whether it takes two servers.
    var isPair = false
    /// What is special about the device.
    var option = ""

    var testDescription: String { "\(name), 0.\(generation)" }
  }

  /// What both generations have.
  private static let common = [
    "version", "order", "errors", "descriptors", "info", "regions", "write-multi", "interrupts", "told-to-end", "map",
    "dma", "truncated",
  ].flatMap { [Topic(name: $0, generation: 1), Topic(name: $0, generation: 2)] }

  private static let own = [
    Topic(name: "dirty-pages", generation: 1), Topic(name: "migrate-v1", generation: 1, isPair: true),
    Topic(name: "features", generation: 2), Topic(name: "states", generation: 2),
    Topic(name: "migrate-v2", generation: 2, isPair: true), Topic(name: "logging", generation: 2),
    Topic(name: "failing", generation: 2, option: ",break=128K"),
  ]

  private static let devices = [
    1: "sim:v1-reference,size=512K,window=64K,chunk=64K,dma=4M", 2: "sim:v2-reference,size=512K,dma=4M,no-data=accept",
  ]

  @Test("agrees with the server on every message", arguments: common + own)
  func agrees(topic: Topic) throws {
    let device = try #require(Self.devices[topic.generation]) + topic.option
    let servers = [device] + (topic.isPair ? ["\(device),seed=9"] : [])
    let served = try servers.map { try Served($0, "--keep") }
    let client = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/VFIOUserPeer/peer.py"
    let run = try Invocation(
      ["python3", "-B", client, topic.name, "\(topic.generation)"] + served.map(\.path), program: "/usr/bin/env"
    ).finish(patience: 60)
    let failures = run.lines.filter { !$0.hasPrefix("ok ") }
    #expect(failures == [])
    #expect(run.errors == "")
    #expect(run.status == .exited(0))
    #expect(!run.lines.isEmpty)
    for server in served { #expect(try server.end().status == .exited(0)) }
  }
}
