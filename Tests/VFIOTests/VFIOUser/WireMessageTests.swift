import Testing
import VFIO

@Suite("A vfio-user message on one line")
struct WireMessageTests {
  private func line(
    _ command: WireCommand, _ payload: [UInt8], flags: WireHeader.Flags = .command, errno: UInt32 = 0, size: Int? = nil,
    descriptors: Int = 0
  ) -> String {
    let header = WireHeader(
      id: 7, command: command.rawValue, payload: size ?? payload.count, flags: flags, errorNumber: errno)
    return "\(WireMessage(sender: .client, header: header, payload: payload, descriptorCount: descriptors))"
  }

  private func words(_ numbers: UInt32...) -> [UInt8] { numbers.flatMap([UInt8].init(number:)) }

  @Test("names its values")
  func values() {
    let read = [UInt8](number: UInt64(0x10)) + words(9, 8)
    #expect(line(.regionRead, read) == "7 REGION_READ offset 0x10 region 9 count 8")
    #expect(
      line(.regionRead, read + [UInt8](repeating: 0, count: 8), flags: .reply)
        == "7 REGION_READ reply offset 0x10 region 9 count 8 data 8 bytes")
    #expect(line(.deviceReset, []) == "7 DEVICE_RESET")
    #expect(line(.deviceReset, [], flags: .commandWithoutReply) == "7 DEVICE_RESET no reply wanted")
    #expect(line(.version, words(0x0002_0000), descriptors: 1) == "7 VERSION major 0 minor 2 1 descriptors")
  }

  @Test("says what a feature is, and which state is asked for")
  func features() {
    #expect(
      line(.deviceFeature, words(16, 2 | 1 << 17, 6, 0xffff_ffff))
        == "7 DEVICE_FEATURE argsz 16 flags 0x20002 (SET MIG_DEVICE_STATE PRE_COPY) data 8 bytes")
    #expect(
      line(.deviceFeature, words(8, 6 | 5 << 16))
        == "7 DEVICE_FEATURE argsz 8 flags 0x50006 (PROBE|GET DMA_LOGGING_START)")
  }

  @Test("says how a command failed")
  func errors() {
    #expect(line(.dmaUnmap, [], flags: .errorReply, errno: 2) == "7 DMA_UNMAP error ENOENT (No such file or directory)")
    #expect(line(.dmaUnmap, [], flags: .errorReply) == "7 DMA_UNMAP error without a number")
  }

  @Test("can be cut, unknown or nonsense")
  func nonsense() {
    #expect(line(.regionRead, [1, 2, 3]) == "7 REGION_READ data 3 bytes")
    #expect(
      line(.regionRead, [UInt8](number: UInt64(1)), size: 4096) == "7 REGION_READ offset 0x1 data 4088 bytes")
    let unknown = WireHeader(id: 1, command: 99, payload: 5, flags: WireHeader.Flags(rawValue: 7))
    let message = WireMessage(sender: .server, header: unknown, payload: [], descriptorCount: 0)
    #expect("\(message)" == "1 command 99 type 7 data 5 bytes")
    var tiny = unknown
    tiny.messageSize = 4
    #expect(
      "\(WireMessage(sender: .server, header: tiny, payload: [], descriptorCount: 0))"
        == "1 command 99 type 7 message_size 4, less than its header")
  }
}
