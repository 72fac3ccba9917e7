import Simulator
import Testing
import VFIO

@testable import Rulebook

@Suite("A damaged stream")
struct DamagedStreamTests {
  @Test(
    "is judged by the rule that speaks of it",
    arguments: [
      ("cut-stream", "V1-RES-05", "V2-RES-01"), ("flipped-stream", "V1-RES-05", "V2-RES-01"),
      ("reordered-stream", "V1-RES-05", "V2-RES-01"), ("doubled-stream", "V1-RES-05", "V2-RES-01"),
      ("overlong-stream", "V1-RES-05", "V2-RES-05"), ("empty-stream", "V1-RES-06", "V2-RES-04"),
    ])
  func rules(name: String, v1: String, v2: String) throws {
    let fault = try #require(UserFault.all.first { $0.name == name })
    #expect(fault.rules(in: .v1) == [v1])
    #expect(fault.rules(in: .v2) == [v2])
  }

  @Test("that may be taken is only recorded when it is")
  func mayBeTaken() throws {
    let options = "size=64K,bad-data=accept,no-data=accept"
    var interference = Interference()
    interference.streamWrite = { bytes, forward in forward(bytes).flatMapError { _ in .success(bytes.count) } }
    let overlong = try MadeFault(
      "overlong-stream", on: InterferedDevice(try SimulatedDevice.open("v2-reference,\(options)"), interference))
    #expect(overlong.findings.map(\.verdict) == [.info], "\(overlong.findings)")
    #expect(overlong.saw("with more behind them, where 65632 were saved."))
    let empty = try MadeFault("empty-stream", on: "v2-reference,\(options)")
    #expect(empty.findings.map(\.verdict) == [.info], "\(empty.findings)")
    #expect(empty.saw("nothing was loaded"))
    #expect(try MadeFault("empty-stream", on: "v1-reference,\(options)").findings.map(\.verdict) == [.info])
  }

  @Test("tells how much was taken in silence, and of how much", arguments: ["v1-reference", "v2-reference"])
  func silence(profile: String) throws {
    let cut = try MadeFault("cut-stream", on: "\(profile),size=64K,bad-data=accept")
    let words = try #require(cut.findings.first).words
    let numbers = words.split { !$0.isNumber }.compactMap { Int($0) }
    #expect(words.hasSuffix(", the first half of them alone, where \(numbers.last ?? 0) were saved."), "\(words)")
    #expect(numbers.count == 2 && numbers[0] == numbers[1] / 2 && numbers[1] > 65536, "\(words)")
    #expect(cut.findings.map(\.verdict) == [profile == "v1-reference" ? .warn : .fail])
  }
}
