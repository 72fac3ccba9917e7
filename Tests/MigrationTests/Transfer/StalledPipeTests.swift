import Dispatch
import Glibc
import Synchronization
import Testing
import VFIO

@testable import Migration

/// A transfer through a pipe at whose other end nothing moves.
@Suite struct StalledPipeTests {
  /// What ends it, and what is said then.
  enum End: CaseIterable {
    case user, time

    var options: TransferOptions {
      var options = TransferOptions()
      if self == .time { options.limits.time = .milliseconds(300) }
      return options
    }

    /// The user gives up once the wait has been shown.
    func observer(_ shown: Shown) -> TransferObserver {
      TransferObserver(isCancelled: { self == .user && shown.last != nil }, waiting: { shown.put($0) })
    }

    var fault: TransferFault {
      self == .user ? .cancelled : .bound("no end after 0.3 seconds (--max-time)")
    }
  }

  final class Shown: Sendable {
    private let standstill = Mutex<StreamWait.Standstill?>(nil)
    var last: StreamWait.Standstill? { standstill.withLock { $0 } }
    func put(_ shown: StreamWait.Standstill) { standstill.withLock { $0 = shown } }
  }

  private let channel: Channel

  init() throws { channel = try Channel() }

  private func writer() throws -> any StreamWriter {
    let sink = DescriptorSink(channel.writing, name: "the pipe")
    return WriteBehind(try StreamFileWriter(sink, identity: someIdentity))
  }

  @Test(arguments: End.allCases)
  func lettingASaveGoLeavesTheDeviceAsItWas(_ end: End) throws {
    let (device, shown) = (try SimulatedSession("v2-reference,size=8M"), Shown())
    let report = try inTime { [self] in
      let writer = try writer()
      let report = SaveOperation(
        device.session, to: writer, options: end.options, observer: end.observer(shown)
      ).run()
      writer.abandon()
      return report
    }
    #expect(report.fault == end.fault)
    #expect(report.states.first?.state?.name == "running")
    guard end == .user else { return }
    #expect(shown.last?.name == "the pipe")
    #expect(shown.last?.isWriting == true)
    #expect(try #require(shown.last).time >= .seconds(1))
  }

  @Test(arguments: End.allCases, [true, false])
  func lettingALoadGoResetsTheDevice(_ end: End, _ raw: Bool) throws {
    let (device, shown) = (try SimulatedSession("v2-reference,size=64K"), Shown())
    let saved = MemoryStream()
    #expect(SaveOperation(device.session, to: saved).run().fault == nil)
    let begun = raw ? saved.bytes : try streamFile([(.v2(.stopCopy), saved.chunks)])
    #expect(write(channel.writing, begun, 1000) == 1000)
    let report = try inTime { [channel] in
      let path = "/proc/self/fd/\(channel.reading)"
      let source: any ChunkSource =
        try raw ? RawStreamReader(path: path, chunk: 600) : StreamFileReader(path: path)
      var options = end.options
      // It is for those that write.
      options.limits.fullPipe = .milliseconds(1)
      return LoadOperation(device.session, from: source, options: options, observer: end.observer(shown)).run()
    }
    #expect(report.fault == end.fault)
    #expect(report.states.first?.reset?.isDone == true)
    #expect(report.states.first?.state?.name == "running")
    if end == .user { #expect(shown.last?.isWriting == false) }
  }

  @Test func aStoppedDeviceIsNotKeptForLong() throws {
    let device = try SimulatedSession("v2-reference,size=8M")
    let report = try inTime { [self] in
      var options = TransferOptions()
      options.preCopy = false
      options.limits.fullPipe = .milliseconds(300)
      return SaveOperation(device.session, to: try writer(), options: options).run()
    }
    let fault = "the pipe took nothing for 0.3 seconds while the device was stopped (--timeout)"
    #expect(report.fault == .bound(fault))
    #expect(report.states.first?.state?.name == "running")
  }

  @Test func aRunningOneMayBeKept() throws {
    let device = try SimulatedSession("v2-reference,size=8M")
    let report = try inTime { [self] in
      var options = TransferOptions()
      options.limits.fullPipe = .milliseconds(100)
      options.limits.time = .milliseconds(500)
      return SaveOperation(device.session, to: try writer(), options: options).run()
    }
    #expect(report.phases.map(\.state) == ["pre-copy"])
    #expect(report.fault == .bound("no end after 0.5 seconds (--max-time)"))
  }

  @Test func theEndOfAStreamIsLetGoToo() throws {
    let device = try SimulatedSession("v2-reference,size=4K,dirty=0")
    let cancelled = Atomic(false)
    let fault = try inTime { [self] in
      let writer = try writer()
      let observer = TransferObserver(isCancelled: { cancelled.load(ordering: .relaxed) })
      var options = TransferOptions()
      options.limits.fullPipe = .milliseconds(1)
      #expect(SaveOperation(device.session, to: writer, options: options, observer: observer).run().fault == nil)
      channel.fill()
      cancelled.store(true, ordering: .relaxed)
      return #expect(throws: StreamFault.self) { try writer.finish(finalState: nil) }
    }
    #expect(fault?.kind == .givenUp)
    #expect(fault?.reason == "interrupted")
    #expect(device.state == "running")
  }

  /// All of its data is there, and may be the only copy of a device that stands still.
  @Test func theEndOfAStreamIsWrittenWhenTheDeviceDoesNotGoOn() throws {
    let device = try SimulatedSession("v2-reference,flags=1,size=4K,dirty=0,fail=running:EIO")
    let report = try inTime { [channel, self] in
      let writer = try writer()
      let report = SaveOperation(device.session, to: writer).run()
      channel.fill()
      let reading = channel.reading
      DispatchQueue(label: "reader").asyncAfter(deadline: .now() + .milliseconds(100)) {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        _ = read(reading, &bytes, bytes.count)
      }
      #expect(try writer.finish(finalState: nil).isComplete)
      return report
    }
    guard case .stranded? = report.fault else { return #expect(Bool(false), "\(String(describing: report.fault))") }
  }

  @Test func whoeverHasFailedDoesNotWaitForThePipe() throws {
    let device = try SimulatedSession("v2-reference,size=8M,break=1500K")
    let report = try inTime { [self] in
      let writer = try writer()
      var options = TransferOptions()
      options.preCopy = false
      let report = SaveOperation(device.session, to: writer, options: options).run()
      writer.abandon()
      return report
    }
    #expect(report.bytes > 1 << 17)
    guard case .device? = report.fault else { return #expect(Bool(false), "\(String(describing: report.fault))") }
  }
}
