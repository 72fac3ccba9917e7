import Testing
import VFIO

@testable import Simulator

@Suite("The descriptor of a simulated data session")
struct V2QuestionTests {
  @Test("is a stream that is closed on exec, and can be read while the device is saved")
  func descriptor() throws {
    let v2 = try V2Device()
    let saving = try v2.open(.preCopy)
    #expect(try saving.ask(.descriptorFlags).number == 1)
    #expect(refusal { _ = try saving.ask(.seek) } == .ESPIPE)
    #expect(refusal { _ = try saving.ask(.positionedRead(offset: 0, count: 1)) } == .ESPIPE)
    #expect(refusal { _ = try saving.ask(.foreignControl) } == .ENOTTY)
    #expect(try saving.ask(.readiness).number & 1 == 1)
    #expect(try v2.open(.resuming).ask(.readiness).number == 0)
    saving.close()
    #expect(refusal { _ = try saving.ask(.descriptorFlags) } == .EBADF)
  }

  @Test("tells what is left to who has room for it, and gives no flags back")
  func precopyInfo() throws {
    let v2 = try V2Device()
    let stream = try v2.open(.preCopy)
    let told = try stream.ask(.precopyInfo(argsz: 24, flags: .max)).precopyInfo
    #expect(told == (try stream.precopyInfo()))
    #expect(told?.flags == 0)
    #expect(refusal { _ = try stream.ask(.precopyInfo(argsz: 23, flags: 0)) } == .EINVAL)
    try v2.set(.stopCopy)
    #expect(refusal { _ = try stream.ask(.precopyInfo(argsz: 24, flags: 0)) } == .EINVAL)
  }
}
