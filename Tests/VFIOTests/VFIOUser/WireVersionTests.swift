import Testing

@testable import VFIO

@Suite("The VERSION message of vfio-user")
struct WireVersionTests {
  private func payload(_ text: String, minor: UInt16 = 2) -> [UInt8] {
    [UInt8](number: UInt16(0)) + [UInt8](number: minor) + Array(text.utf8) + [0]
  }

  @Test("says what a server can do")
  func readsCapabilities() throws {
    let text =
      #"{ "capabilities": { "max_msg_fds": 8, "max_data_xfer_size": 1048576, "migration": { "pgsize": 4096 } } }"#
    let version = try WireVersion(payload: payload(text))
    #expect(version.minor == 2)
    #expect(version.capabilities.maxMsgFDs == 8)
    #expect(version.capabilities.maxDataXferSize == 1_048_576)
    #expect(version.capabilities.migration?.pageSize == 4096)
    #expect(version.capabilities.twinSocket == nil)
  }

  @Test(
    "passes over words that it does not know",
    arguments: [
      #"{"capabilities":{"pgsizes":4096,"nobody":[1,{"x":null}],"twin_socket":{"supported":true,"fd_index":0}},"more":1}"#
    ])
  func ignoresOthers(text: String) throws {
    let capabilities = try WireVersion(payload: payload(text)).capabilities
    #expect(capabilities.pageSizes == 4096)
    #expect(capabilities.twinSocket?.supported == true)
    #expect(capabilities.twinSocket?.index == 0)
  }

  @Test("may have no text, or one that says nothing", arguments: ["", "{}", #"{"capabilities":{}}"#])
  func saysNothing(text: String) throws {
    let bytes = text.isEmpty ? Array(payload("").prefix(4)) : payload(text)
    #expect(try WireVersion(payload: bytes).capabilities == WireVersion.Capabilities())
  }

  @Test(
    "is refused when it is no JSON, or has other types",
    arguments: [
      "{", "[]", #"{"capabilities":{"max_msg_fds":"8"}}"#, #"{"capabilities":7}"#,
      #"{"capabilities":{"max_msg_fds":1e99}}"#,
      String(repeating: "[", count: 100_000),
    ])
  func refusesNonsense(text: String) {
    #expect(throws: WireError.self) { try WireVersion(payload: payload(text)) }
  }

  @Test("is refused when it is cut", arguments: [[UInt8](), [0], [0, 0, 1], [0, 0, 1, 0, 0x7b, 0x7d]])
  func refusesCut(bytes: [UInt8]) {
    #expect(throws: WireError.self) { try WireVersion(payload: bytes) }
  }

  @Test("is read as it was written")
  func roundTrip() throws {
    var capabilities = WireVersion.Capabilities()
    capabilities.maxMsgFDs = 16
    capabilities.twinSocket = .init(supported: true)
    capabilities.migration = .init(pageSize: 4096, maxBitmapSize: 1 << 28)
    let version = WireVersion(minor: 1, capabilities: capabilities)
    #expect(version.payload.last == 0)
    #expect(try WireVersion(payload: version.payload) == version)
    #expect(String(decoding: version.payload.dropFirst(4), as: UTF8.self).contains(#""max_msg_fds":16"#))
  }
}
