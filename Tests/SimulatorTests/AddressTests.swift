import Testing
import VFIO

@testable import Simulator

@Suite("An address of a simulated device")
struct AddressTests {
  private func complaint(_ address: String) -> String? {
    do {
      _ = try SimulatedDevice.open(address)
      return nil
    } catch {
      return error.description
    }
  }

  private func options(_ text: String) throws -> Options {
    let address = try Address(text)
    return try Options(address.settings, of: try ProfileCatalog.profile(named: address.profile))
  }

  @Test("names a profile and may leave everything else to it", arguments: ["v1-reference", "v2-reference"])
  func profileAlone(name: String) throws {
    #expect(try SimulatedDevice.open(name).region(0).size == 16 << 20)
  }

  private let known =
    "mlx5-v1, hisi-v1, libvfio-user-v1, spdk-v1, qemu-v1, mlx5, hisi-acc, pds, mtty, libvfio-user, qemu"

  @Test("with an unknown profile is answered with those there are")
  func unknownProfile() {
    #expect(
      complaint("v3") == #"no device profile is named "v3"; there are v1-reference, v2-reference, "#
        + known)
    #expect(
      complaint("") == #"no device profile is named ""; there are v1-reference, v2-reference, "#
        + known)
  }

  @Test("with an unknown option is answered with those the profile has")
  func unknownOption() {
    #expect(
      complaint("v2-reference,window=1M")
        == #"the profile has no option "window"; it has access-latency, bad-data, break, chunk, defect, "#
        + "dirty, dma, fail, fault, flags, hang, latency, logging, no-data, rate, reinit, seed, size, stall, state")
    #expect(complaint("v1-reference,flags=7")?.hasPrefix(#"the profile has no option "flags"; it has "#) == true)
  }

  @Test("is made of settings", arguments: ["", "size", "=1M"])
  func notASetting(part: String) {
    #expect(complaint("v1-reference,\(part)") == "\"\(part)\" is not of the form option=value")
  }

  @Test("says everything once")
  func givenTwice() {
    #expect(complaint("v1-reference,size=1M,size=2M") == "the option size is given twice")
  }

  @Test("may name several changes that fail or hang")
  func repeatable() throws {
    let options = try options("v2-reference,fail=stop:EIO,fail=resuming:EBUSY:error,hang=pre-copy,hang=running-p2p")
    #expect(
      options.failures == [
        V2State.stop.rawValue: .init(errno: .EIO, error: false),
        V2State.resuming.rawValue: .init(errno: .EBUSY, error: true),
      ])
    #expect(options.hangs == [V2State.preCopy.rawValue, V2State.runningP2P.rawValue])
  }

  @Test("never brings what was typed to the terminal as it is")
  func escaped() {
    #expect(complaint("\u{1B}[31m\n\u{9B}é")?.contains(#""\u{1B}[31m\n\u{009B}\u{00E9}""#) == true)
  }

  @Test(
    "with a bad value is answered with what was expected",
    arguments: [
      ("v2-reference,flags=2", "1, 3, 5 or 7"), ("v2-reference,flags=", "1, 3, 5 or 7"),
      ("v2-reference,flags=+7", "1, 3, 5 or 7"),
      ("v1-reference,size=0", "4K to 1024G, in whole pages of 4K"),
      ("v1-reference,size=5000", "4K to 1024G, in whole pages of 4K"),
      ("v1-reference,size=1025G", "4K to 1024G, in whole pages of 4K"),
      ("v1-reference,size=99999999999999G", "4K to 1024G, in whole pages of 4K"),
      ("v1-reference,size=-4K", "4K to 1024G, in whole pages of 4K"),
      ("v1-reference,size=4k", "4K to 1024G, in whole pages of 4K"),
      ("v1-reference,seed=x", "a number"), ("v1-reference,seed=99999999999999999999", "a number"),
      ("v1-reference,chunk=0", "1 to 16M"), ("v1-reference,chunk=17M", "1 to 16M"),
      ("v1-reference,chunk=2M", "no more than the window, 1048576"),
      ("v1-reference,window=4097", "4K to 1G, in whole pages of 4K"),
      ("v1-reference,map=maybe", "yes, no or only"), ("v2-reference,stall=often", "a number of reads"),
      ("v1-reference,dirty=fast", "bytes a second, up to 1024G"),
      ("v2-reference,dma=fast", "bytes a second, up to 1024G"), ("v2-reference,logging=maybe", "yes, no or all"),
      ("v1-reference,latency=5", "a time with its unit, such as 50us, 20ms or 3s, up to an hour"),
      ("v1-reference,latency=5m", "a time with its unit, such as 50us, 20ms or 3s, up to an hour"),
      ("v1-reference,access-latency=2h", "a time with its unit, such as 50us, 20ms or 3s, up to an hour"),
      ("v1-reference,access-latency=3601s", "a time with its unit, such as 50us, 20ms or 3s, up to an hour"),
      ("v1-reference,fail=stop", "STATE:ERRNO or STATE:ERRNO:error, such as stop-copy:EIO, or none"),
      ("v1-reference,fail=stop:EWHAT", "STATE:ERRNO or STATE:ERRNO:error, such as stop-copy:EIO, or none"),
      ("v1-reference,fail=stop:EIO:boom", "STATE:ERRNO or STATE:ERRNO:error, such as stop-copy:EIO, or none"),
      ("v1-reference,fail=running-p2p:EIO", "STATE:ERRNO or STATE:ERRNO:error, such as stop-copy:EIO, or none"),
      ("v1-reference,hang=sleep", "a state's name, such as stop-copy, or none"),
      ("v1-reference,state=pre-copy-p2p", "a state's name, such as running or stop-copy"),
      ("v2-reference,flags=1,state=pre-copy", "a state that flags=1 has"),
      ("v1-reference,fault=refuse-state:here", "refuse-state:STATE/ERRNO[/N], such as refuse-state:stop-copy/EIO/2"),
      ("v1-reference,fault=die:now", "die"),
      ("v1-reference,fault=endless", "a fault of this protocol, which endless is not"),
      ("v1-reference,fault=deaf", "a fault of this protocol, such as short-reads:7, or none"),
      ("v1-reference,bad-data=ignore", "error, stay or accept"), ("v1-reference,no-data=maybe", "accept or refuse"),
    ])
  func badValue(address: String, expected: String) throws {
    let answer = try #require(complaint(address))
    #expect(answer.hasSuffix("expected " + expected), "\(answer)")
  }

  @Test("gives sizes with K, M and G and times with us, ms and s")
  func units() throws {
    let address = "v1-reference,size=2G,chunk=3K,window=8M,dirty=100M,dma=3M,latency=20ms,access-latency=50us"
    let options = try options(address)
    #expect(options.size == 2 << 30)
    #expect(options.chunk == 3072)
    #expect(options.window == 8 << 20)
    #expect(options.dirtyRate == 100 << 20)
    #expect(options.dmaRate == 3 << 20)
    #expect(options.latency == .milliseconds(20))
    #expect(options.accessLatency == .microseconds(50))
    #expect(Quantity.time("3s") == .seconds(3))
    #expect(Quantity.bytes("4096") == 4096)
  }
}
