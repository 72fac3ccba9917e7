import Testing
import VFIO

@Suite struct NumberTests {
  @Test(
    arguments: [
      (0, "stop"), (1, "running"), (2, "stop-copy"), (3, "pre-copy"), (4, "resuming"), (6, "error"), (5, "0x5"),
      (7, "0x7"), (0x101, "0x101"),
    ] as [(UInt32, String)])
  func statesOfV1HaveTheirNames(number: UInt32, name: String) {
    #expect(V1State(rawValue: number).name == name)
  }

  @Test(
    arguments: [
      (0, "error", "ERROR"), (1, "stop", "STOP"), (2, "running", "RUNNING"), (3, "stop-copy", "STOP_COPY"),
      (4, "resuming", "RESUMING"), (5, "running-p2p", "RUNNING_P2P"), (6, "pre-copy", "PRE_COPY"),
      (7, "pre-copy-p2p", "PRE_COPY_P2P"), (8, "0x8", "unknown"), (0xffff_ffff, "0xffffffff", "unknown"),
    ] as [(UInt32, String, String)])
  func statesOfV2HaveTheirNames(number: UInt32, name: String, protocolName: String) {
    let state = V2State(rawValue: number)
    #expect(state.name == name)
    #expect(state.protocolName == protocolName)
    if number < 8 { #expect(V2State(name: name) == state) }
  }

  @Test func numbersThatDoNotFitAreNil() {
    let bytes: [UInt8] = [1, 2, 3]
    #expect(bytes.number(UInt16.self, at: 1) == 0x0302)
    #expect(bytes.number(UInt32.self, at: 0) == nil)
    #expect(bytes.number(UInt8.self, at: 3) == nil)
    #expect(bytes.number(UInt8.self, at: -1) == nil)
  }

  @Test func flagsReadLikeTheKernelsWords() {
    #expect(Operation.feature(argsz: 16, flags: 0x2_0002).description == "FEATURE SET MIG_DEVICE_STATE argsz 16")
    #expect(Operation.feature(argsz: 8, flags: 0x5_ffff).description == "FEATURE PROBE|GET 65535 argsz 8")
    #expect(Operation.read(region: 9, offset: 16, count: 8).description == "read region 9 +0x10 8 bytes")
  }
}
