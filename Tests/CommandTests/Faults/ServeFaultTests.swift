import Glibc
import TestSupport
import Testing
import VFIO

@testable import vfioscope

@Suite("serve with faults")
struct ServeFaultTests {
  @Test("makes a healthy device misbehave towards its client")
  func misbehaves() throws {
    let served = try Served("sim:v2-reference,size=64K", "--fault", "refuse-state:stop-copy/EIO", "--keep")
    let refused = try vfioscope("step", served.name, "stop-copy")
    #expect(refused.status == .exited(3))
    #expect(refused.lines.first?.contains("EIO") == true)
    #expect(try vfioscope("step", served.name, "stop").status == .exited(0))
  }

  @Test("is told by lines which faults to switch")
  func lines() throws {
    let control = FaultControl(FaultSwitches(InterferedDevice(FakeDevice.v2())))
    #expect(control.answer(to: "+die") == "faults: die")
    #expect(control.answer(to: "+short-reads:7") == "faults: die, short-reads:7")
    #expect(control.answer(to: "-die") == "faults: short-reads:7")
    #expect(control.answer(to: "-die") == "die is not on")
    #expect(control.answer(to: "+nothing") == "there is no fault nothing")
    #expect(control.answer(to: "die")?.hasPrefix("a line is +NAME") == true)
    #expect(control.answer(to: "-short-reads:7") == "no faults")
    #expect(control.answer(to: "") == nil)
  }

  @Test("refuses a fault that there is not, before it listens")
  func unknown() throws {
    let tree = try Tree()
    let run = try vfioscope("serve", "sim:v2-reference", "--socket", "\(tree.path)/s", "--fault", "nothing")
    #expect(run.status == .exited(2))
    #expect(run.errors.contains("there is no fault nothing"))
    #expect(access("\(tree.path)/s", F_OK) != 0)
  }
}
