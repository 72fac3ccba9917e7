import TestSupport
import Testing

@Suite("The terminal program")
struct WalkTests {
  private static let closedInStop =
    "sim:v1-reference,size=1M was in stop when it was closed; many drivers go back to running then."

  @Test("begins with the groups of the simulated machine, the first device that opens selected")
  func firstScreen() throws {
    let program = try startVfioscope("--demo", showing: "q quit")
    #expect(program.terminal.lines[0].hasPrefix(" vfioscope  5 IOMMU groups, 6 devices"))
    #expect(program.terminal.lines[0].hasSuffix("READ-ONLY"))
    #expect(program.screen.contains("group 12   DMA-FQ  /dev/vfio/12    ✓ ready"))
    #expect(program.selectedRow?.contains("0000:3b:00.2") == true)
    #expect(program.terminal.unknown.isEmpty)
  }

  @Test("moves, filters, and opens the device that is left")
  func filter() throws {
    let program = try startVfioscope("--demo", showing: "q quit")
    try program.select("0000:3b:00.3")
    program.type("/vga")
    try program.wait(untilScreen: { $0.contains("/vga") && !$0.contains("0000:3b:00") })
    try program.type(PtyProgram.enter, andWaitFor: "0000:af:00.0")
    try program.type(PtyProgram.enter, andWaitFor: "protocol v1 by simulator")
    program.type(PtyProgram.escape)
    try program.wait(untilScreen: { $0.contains("/vga") && $0.contains("Enter open") && !$0.contains("0000:3b:00") })
    try program.type(PtyProgram.escape, andWaitFor: "0000:3b:00.3")
  }

  @Test("opens a device that is named on the command line, and goes back to the groups")
  func namedDevice() throws {
    let program = try startVfioscope("--demo", "sim:v2-reference,flags=1,dirty=0", showing: "state ● running")
    #expect(program.screen.contains("protocol v2 by simulator · stop-copy"))
    try program.type(PtyProgram.escape, andWaitFor: "5 IOMMU groups")
  }

  @Test("opens a device of the simulated machine by its address, and lets go of it by c")
  func demoDevice() throws {
    let program = try startVfioscope("--demo", "af:00.0", showing: "state ● running  _RUNNING (1)")
    #expect(program.terminal.lines[0].hasPrefix(" vfioscope  0000:af:00.0"))
    try program.type("c", andWaitFor: "0000:af:00.0 is closed: another program can open it.")
    #expect(program.screen.contains("5 IOMMU groups"))
  }

  @Test("opens no device of this machine for one of a copy of another's files")
  func copiedMachine() throws {
    let tree = try Tree()
    try tree.pci("0000:3b:00.2", driver: "vfio-pci", group: 12)
    try tree.groupNode("12", number: "509:12")
    let program = try startVfioscope("--root", tree.path, showing: "q quit", columns: 120)
    try program.type(
      PtyProgram.enter,
      andWaitFor: "0000:3b:00.2: devices of the kernel are listed from \(tree.path), not opened")
    #expect(program.screen.contains("Can't open the device."))
  }

  @Test("changes nothing before the device is armed")
  func readOnly() throws {
    let program = try startVfioscope("--demo", "sim:v2-reference,dirty=0", showing: "state ● running")
    try program.type("s", andWaitFor: "Step from running")
    try program.select("stop ")
    try program.type(PtyProgram.enter, andWaitFor: "Read-only: go back and press a to arm this device first.")
    program.type("yq")
    try program.wait(untilScreen: { !$0.contains("Step from") })
    #expect(program.screen.contains("● running"))
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(!program.screen.contains("when it was closed"))
  }

  @Test("takes a v2 device through a live migration by hand, and leaves it running")
  func liveMigrationOfV2() throws {
    let program = try startVfioscope("--demo", "sim:v2-reference,size=1M,dirty=0", showing: "state ● running")
    try program.arm()
    try program.step(to: "pre-copy")
    try program.wait(for: "state ● pre-copy  PRE_COPY (6)", "✓ pre-copy: running → pre-copy: ok, now pre-copy")
    #expect(program.screen.contains("1 open, live"))
    try program.step(to: "pre-copy-p2p")
    try program.wait(for: "state ● pre-copy-p2p  PRE_COPY_P2P (7)")
    try program.step(to: "stop-copy")
    try program.wait(for: "state ● stop-copy  STOP_COPY (3)", "✓ stop-copy: pre-copy-p2p → stop-copy: ok")
    try program.step(to: "running")
    try program.wait(
      for: "state ● running  RUNNING (2)", "✓ running: stop-copy → stop → running-p2p → running: ok, now running")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(!program.screen.contains("when it was closed"))
  }

  @Test("takes a v1 device through a live migration, and says at the end where it was left")
  func liveMigrationOfV1() throws {
    let program = try startVfioscope(
      "--demo", "sim:v1-reference,size=1M", showing: "state ● running  _RUNNING (1)", columns: 100)
    try program.arm()
    for state in ["pre-copy", "stop-copy", "stop"] {
      try program.step(to: state)
      try program.wait(for: "state ● \(state) ", "✓ \(state): ")
    }
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.terminal.lines.contains(Self.closedInStop))
  }

  @Test("shows a refusal with its errno and the state read back, and a reset that leaves the error state")
  func refusal() throws {
    let program = try startVfioscope(
      "--demo", "sim:v1-reference,fail=stop-copy:EIO:error", showing: "state ● running")
    try program.arm()
    try program.step(to: "stop-copy")
    try program.wait(for: "state ● error", "✗ stop-copy: running → stop-copy: EIO (Input/output error), now error")
    try program.type("s", andWaitFor: "Step from error")
    try program.select("reset ")
    try program.type(PtyProgram.enter, andWaitFor: "Do it: reset?")
    program.type("y")
    try program.wait(for: "state ● running", "✓ reset: error → running: ok")
  }

  @Test("keeps a journal of every access")
  func journal() throws {
    let program = try startVfioscope(
      "--demo", "sim:v2-reference,dirty=0", showing: "state ● running", rows: 30, columns: 120)
    try program.arm()
    try program.step(to: "stop")
    try program.wait(for: "state ● stop ")
    try program.type("J", andWaitFor: "Journal of sim:v2-reference,dirty=0")
    try program.wait(
      for: "FEATURE SET MIG_DEVICE_STATE argsz 16 = 0 [state 1 (STOP) fd -1]",
      "stop: running → running-p2p → stop: ok, now stop")
    try program.type(PtyProgram.escape, andWaitFor: "state ● stop ")
  }

  @Test("helps with the keys of what is shown, and comes back")
  func help() throws {
    let program = try startVfioscope("--demo", showing: "q quit")
    try program.type("?", andWaitFor: "reading it changes nothing")
    #expect(program.screen.contains("filter") && program.screen.contains("READ-ONLY"))
    try program.type(PtyProgram.escape, andWaitFor: "Details")
    try program.type(PtyProgram.enter, andWaitFor: "state ● running")
    program.type("?")
    try program.wait(untilScreen: { $0.contains("journal") && $0.contains("draw again") && !$0.contains("filter") })
    try program.type(PtyProgram.escape, andWaitFor: "state ● running")
  }

  @Test("says why a device can't be opened, with control characters shown")
  func cannotOpen() throws {
    let program = try startVfioscope("--demo", "sim:no\u{1B}[31mne", showing: #"is named "no\u{1B}[31mne""#)
    #expect(!program.written.contains("\u{1B}[31mne"))
  }
}
