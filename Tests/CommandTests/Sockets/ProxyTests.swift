import Glibc
import TestSupport
import Testing

/// Commands of one process on a device that another one serves, through a third.
@Suite("A proxy between a vfio-user client and a server")
struct ProxyTests {
  private static let devices = ["sim:v1-reference,size=512K", "sim:v2-reference,size=512K"]

  @Test("shows a device as it is shown without it, and what was said", arguments: devices)
  func show(device: String) throws {
    let served = try Served(device, "--keep")
    let direct = try ParsedJSON(try vfioscope("show", served.name, "--json").output)
    let proxied = try Proxied(served)
    let run = try vfioscope("show", proxied.name, "--json")
    #expect(run.errors == "")
    #expect(try ParsedJSON(run.output)["state"] == direct["state"])
    let end = try proxied.proxy.finish()
    #expect(end.status == .exited(0))
    #expect(end.errorLines == ["vfioscope: the client has left"])
    #expect(end.lines.first?.contains(" s > 1 VERSION major 0 minor 2") == true)
    let reply = try #require(end.lines.dropFirst().first)
    #expect(reply.contains(" s < 1 VERSION reply major 0 minor"))
    #expect(reply.hasSuffix(" µs"))
    #expect(access(proxied.path, F_OK) != 0)
  }

  @Test("gives the same bytes, and takes them", arguments: devices)
  func data(device: String) throws {
    let served = try Served(device, "--keep")
    let proxied = try Proxied(served, "--keep", "--json")
    let direct = try vfioscope("save", device, "-o", served.beside("a"), "--json")
    let saved = try vfioscope("save", proxied.name, "-o", served.beside("b"), "--json")
    try proxied.proxy.takeInOutput()
    #expect(saved.status == .exited(0), "\(saved.errors)")
    #expect(try ParsedJSON(saved.output)["sha256"] == (try ParsedJSON(direct.output))["sha256"])
    let loaded = try vfioscope("load", proxied.name, "-i", served.beside("b"), "--yes", "--json")
    #expect(loaded.status == .exited(0), "\(loaded.errors)")
    #expect(try ParsedJSON(loaded.output)["sha256"] == (try ParsedJSON(saved.output))["sha256"])
    proxied.proxy.signal(SIGTERM)
    let end = try proxied.proxy.finish()
    #expect(end.status == .exited(0))
    #expect(access(proxied.path, F_OK) != 0)
    let messages = try end.lines.map { try ParsedJSON($0) }
    // Every reply was seen after its command.
    let replies = messages.filter { $0["reply"] == true }
    #expect(!replies.isEmpty)
    #expect(replies.allSatisfy { $0["since_command_us"]?.value != nil })
    #expect(messages.count { $0["reply"] == false } == replies.count)
  }

  @Test("passes on the memory that a device writes to")
  func dirtyPages() throws {
    let served = try Served("sim:v2-reference,dma=4M")
    let proxied = try Proxied(served)
    let run = try vfioscope("dirty", proxied.name, "--reports", "2", "--interval", "0.2", "--json")
    #expect(run.status == .exited(0), "\(run.errors)")
    #expect(try run.lines.contains { try #require(ParsedJSON($0)["dirty_pages"]?.value ?? 0) > 0 })
    let end = try proxied.proxy.finish()
    #expect(end.lines.contains { $0.contains("> ") && $0.contains("DMA_MAP") && $0.contains(" 1 descriptors") })
  }

  @Test("marks errors")
  func errors() throws {
    let served = try Served("sim:v2-reference,fail=stop:EIO", "--keep")
    let proxied = try Proxied(served)
    #expect(try vfioscope("step", proxied.name, "stop", "--yes").status != .exited(0))
    let end = try proxied.proxy.finish()
    #expect(end.lines.contains { $0.contains(" s < ! ") && $0.contains("DEVICE_FEATURE error EIO") })
  }

  @Test("ends when the server dies, and tells when there is none")
  func serverDies() throws {
    let served = try Served("sim:v2-reference", "--keep")
    let proxied = try Proxied(served)
    let client = try RawClient(proxied.path)
    client.send(RawClient.version)
    #expect(client.receive() > 0)
    served.server.signal(SIGKILL)
    let end = try proxied.proxy.finish()
    #expect(end.status == .exited(0))
    #expect(end.errorLines == ["vfioscope: the server has left"])
    #expect(client.receive() == 0)
    let alone = try Proxied(served)
    let second = try RawClient(alone.path)
    #expect(second.receive() == 0)
    let refused = try alone.proxy.finish()
    #expect(refused.status == .exited(3))
    #expect(refused.errors.contains("\(served.path): ECONNREFUSED"))
  }

  @Test(
    "does not pass on what can't be understood",
    arguments: [(UInt32(3), "less than its header"), (0xffff_ffff, "more than the other side may send")])
  func garbage(size: UInt32, words: String) throws {
    let served = try Served("sim:v2-reference", "--keep")
    let proxied = try Proxied(served)
    let client = try RawClient(proxied.path)
    client.send([1, 0, 1, 0] + [UInt8](withUnsafeBytes(of: size, Array.init)) + [UInt8](repeating: 0, count: 8))
    #expect(client.receive() == 0)
    let end = try proxied.proxy.finish()
    #expect(end.status == .exited(1))
    #expect(end.errorLines.count == 1)
    #expect(end.errors.contains("the client's message is not passed on: a message says that it has \(size) bytes"))
    #expect(end.errors.contains(words))
    #expect(try vfioscope("show", served.name).status == .exited(0))
  }

  @Test("takes no place where somebody listens")
  func places() throws {
    let served = try Served("sim:v2-reference", "--keep")
    let second = try vfioscope("proxy", served.path, served.path)
    #expect(second.status == .exited(3))
    #expect(second.errorLines == ["vfioscope: \(served.path): another server listens there"])
  }
}

/// A client that sends bytes as a test says.
private final class RawClient {
  /// VERSION 0.2 without a text.
  static let version: [UInt8] = [1, 0, 1, 0, 20, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + [0, 0, 2, 0]

  private let number: Int32

  init(_ path: String) throws {
    number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0)
    // A proxy that says nothing must not hold the test.
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(number) }

  func send(_ bytes: [UInt8]) { _ = Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// Receives once; 0 when the other side has closed, also when it left something of ours unread.
  func receive() -> Int {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(number, &buffer, buffer.count, 0)
    return count < 0 && errno == ECONNRESET ? 0 : count
  }
}
