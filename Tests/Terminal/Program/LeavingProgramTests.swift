import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The terminal program that is ended in the middle of something")
struct LeavingProgramTests {
  private let tree: Tree

  init() throws { tree = try Tree() }

  /// The program in the middle of a save to a file of this name.
  private func saving(_ device: String, to file: String) throws -> PtyProgram {
    let program = try startArmed(device)
    try program.type("w", andWaitFor: "Save to file:")
    try program.type(file + PtyProgram.enter, andWaitFor: "Save?")
    program.type("y")
    try program.wait(for: "● pre-copy", " left, ")
    #expect(FileManager.default.fileExists(atPath: file + ".part"))
    return program
  }

  private func expectSafe(_ program: PtyProgram, _ device: String) {
    #expect(program.terminalModes == .sane)
    #expect(
      program.terminal.lines.filter { $0.hasPrefix(device) } == [
        "\(device) is in running, read back.",
        "\(device),seed=2 was reset and is in running; what it held is lost.",
      ], "\(program.screen)")
    #expect(program.screen.contains("The migration of \(device) to \(device),seed=2 was given up."))
    #expect(!program.screen.contains("had not answered"))
  }

  @Test(
    "by a signal gives a migration up first, and says where both devices are", arguments: [SIGTERM, SIGHUP, SIGINT])
  func signal(number: Int32) throws {
    let device = "sim:v2-reference,size=64M,rate=4M"
    let program = try startMigrating(device)
    try program.wait(for: "● pre-copy", " left, ")
    program.signal(number)
    #expect(try program.exitStatus() == .killed(by: number))
    expectSafe(program, device)
  }

  @Test("by q does the same, once that is confirmed")
  func quit() throws {
    let device = "sim:v2-reference,size=64M,rate=4M"
    let program = try startMigrating(device)
    try program.wait(for: "● pre-copy", " left, ")
    try program.type("q", andWaitFor: "It is given up first.")
    program.type("y")
    #expect(try program.exitStatus() == .exited(0))
    expectSafe(program, device)
  }

  @Test("leaves no file of a save, also when its terminal goes", arguments: [false, true])
  func save(hangsUp: Bool) throws {
    let file = "\(tree.path)/a"
    let program = try saving("sim:v2-reference,size=64M,rate=4M", to: file)
    if hangsUp { try program.hangUp() } else { program.signal(SIGTERM) }
    #expect(try program.exitStatus() == .killed(by: hangsUp ? SIGHUP : SIGTERM))
    #expect(!FileManager.default.fileExists(atPath: file + ".part"))
    #expect(!FileManager.default.fileExists(atPath: file))
    if !hangsUp { #expect(program.screen.contains("was given up.")) }
  }

  @Test("waits for a device that hangs a few seconds, and shows that; it alone is said not to have answered")
  func hangs() throws {
    let device = "sim:v2-reference,size=64K,hang=stop-copy"
    let program = try startMigrating(device)
    try program.wait(for: "No answer for ")
    program.signal(SIGTERM)
    try program.wait(for: "┌ Ending", "giving up …", "q Ctrl-C leave at once")
    #expect(try program.exitStatus(seconds: 20) == .killed(by: SIGTERM))
    #expect(program.terminalModes == .sane)
    #expect(program.terminal.lines.contains("\(device) had not answered yet (migrate); its state is not known."))
    #expect(
      program.terminal.lines.contains(
        "\(device.replacing(",hang=stop-copy", with: "")),seed=2 was reset and is in running; what it held is lost."))
  }

  @Test("and is told so twice, waits no longer", arguments: ["q", "\u{3}"])
  func twice(key: String) throws {
    let program = try startMigrating("sim:v2-reference,size=64K,hang=stop-copy")
    try program.wait(untilScreen: { $0.contains("target met") })
    program.signal(SIGTERM)
    try program.wait(for: "┌ Ending")
    program.type(key)
    #expect(try program.exitStatus() == .killed(by: SIGTERM))
    #expect(program.screen.contains("had not answered yet (migrate); its state is not known."))
    // At the end of the wait it would have been reset.
    #expect(program.screen.contains("seed=2 was left in the middle of it (migrate), last seen in resuming."))
  }

  @Test("and gets several signals at once, takes them for one")
  func signals() throws {
    let program = try startMigrating("sim:v2-reference,size=64K,hang=stop-copy")
    try program.wait(for: "target met")
    program.signal(SIGTERM)
    try program.wait(for: "┌ Ending")
    program.signal(SIGHUP)
    program.signal(SIGTERM)
    program.read(seconds: 1.5)
    #expect(program.screen.contains("┌ Ending"))
    program.signal(SIGHUP)
    #expect(try program.exitStatus() == .killed(by: SIGTERM))
    #expect(program.screen.contains("last seen in resuming."))
  }

  @Test("switches dirty page logging off")
  func dirtyPages() throws {
    let device = "sim:v2-reference,size=64K"
    let program = try startArmed(device)
    try program.type("d", andWaitFor: "Watch its dirty pages?")
    try program.type("y", andWaitFor: "┌ Pages")
    program.signal(SIGTERM)
    #expect(try program.exitStatus() == .killed(by: SIGTERM))
    #expect(program.terminal.lines.contains("Dirty page logging of \(device) was switched off."))
  }

  @Test("brings the device of a scenario back")
  func scenario() throws {
    let device = "sim:v1-reference,size=64M,rate=4M"
    let program = try startVfioscope("run", "v1-save", device, "--steps", showing: "step 1 of ", columns: 120)
    try program.wait(for: "state ● running")
    try program.type("r", andWaitFor: "Play this scenario?")
    try program.type("y", andWaitFor: "busy: scenario v1-save")
    program.signal(SIGTERM)
    #expect(try program.exitStatus() == .killed(by: SIGTERM))
    #expect(program.screen.contains("The scenario v1-save was given up."))
    #expect(program.terminal.lines.contains("\(device) is in running, read back."))
  }
}
