import ArgumentParser
import Glibc
import Inspector
import Migration
import VFIO

/// `show`: a device's migration as it is now. Reads nothing that has an effect.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a device's migration state and what can follow. Changes nothing.",
    discussion: """
      The device is opened for the look. Many drivers go back to running when a device is closed or opened again, so \
      the state that a command before this one has reached may be gone.
      """)

  @OptionGroup var options: DeviceOptions

  @Flag(help: "Print one JSON object a look.")
  var json = false

  @Option(help: "Look again every so many seconds, until interrupted.")
  var watch: Double?

  @Option(help: "With --watch: look so many times, then end.")
  var count: Int?

  @Flag(help: "Print every access to the device on standard error.")
  var trace = false

  func validate() throws {
    if let watch, !(0.01...86400).contains(watch) {
      throw ValidationError("--watch takes 0.01 to 86400 seconds, not \(watch)")
    }
    if let count, count < 1 || watch == nil { throw ValidationError("--count goes with --watch and is at least 1") }
  }

  func run() throws {
    let (opened, session) = try options.openSession(journal: journal(tracing: trace))
    defer { session.interface.close() }
    var looks = 0
    repeat {
      try look(opened, session)
      looks += 1
      if looks == count { return }
      if let watch { pause(watch) }
    } while watch != nil
  }

  /// Not `usleep`, whose 32 bits of microseconds are little more than an hour.
  private func pause(_ seconds: Double) {
    var time = timespec(seconds: seconds)
    nanosleep(&time, nil)
  }

  private func look(_ opened: OpenedDevice, _ session: MigrationSession) throws {
    let observation: MigrationSession.Observation
    do throws(DeviceError) {
      observation = try session.observe()
    } catch {
      throw Failure(.refused, "\(opened.reference): \(error)")
    }
    let report = ShowReport(opened, session, observation)
    if json { try printJSON(report.json) } else { try report.text.forEach(printLine) }
  }
}

extension timespec {
  /// Seconds and their fraction.
  init(seconds: Double) {
    let whole = seconds.rounded(.down)
    self.init(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
  }
}
