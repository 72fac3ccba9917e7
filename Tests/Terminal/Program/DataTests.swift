import TestSupport
import Testing

@Suite("The terminal program looks into saved streams")
struct DataTests {
  private let tree: Tree

  init() throws { tree = try Tree() }

  /// Saves a simulated device with the program itself.
  private func save(_ device: String, as name: String) throws -> String {
    let file = "\(tree.path)/\(name)"
    let program = try PtyProgram(builtProgram("vfioscope"), ["save", device, "-o", file])
    #expect(try program.exitStatus() == .exited(0))
    return file
  }

  @Test("that are named on the command line")
  func named() throws {
    let file = try save("sim:v2-reference,size=1M,dirty=0", as: "s")
    let program = try startVfioscope("stream", "view", file, showing: "good: all there")
    #expect(program.terminal.lines[0].hasPrefix(" vfioscope  \(file)"))
    try program.wait(for: "56 46 49 4f 53 49 4d 31   VFIOSIM1")
    try program.type("\t", andWaitFor: "6 records")
    try program.type("j", andWaitFor: "pages, 262144 bytes of data")
    try program.type("/LAST\r", andWaitFor: "4c 41 53 54")
    try program.type(":0x18\r", andWaitFor: "byte 0x000018 of")
    #expect(program.terminal.unknown.isEmpty)
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.terminalModes == .sane)
  }

  @Test("that are opened from the groups, and goes back there")
  func opened() throws {
    let file = try save("sim:v1-reference,size=256K,dirty=0", as: "s")
    let program = try startVfioscope("--demo", showing: "f open file")
    try program.type("f", andWaitFor: "Open file:")
    try program.type("\(file)\r", andWaitFor: "good: all there")
    try program.type(PtyProgram.escape, andWaitFor: "5 IOMMU groups")
    try program.type("f/no/such\r", andWaitFor: "/no/such: open: ENOENT")
    try program.type(PtyProgram.escape, andWaitFor: "5 IOMMU groups")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("and compares two of them")
  func compared() throws {
    let one = try save("sim:v2-reference,size=64K,dirty=0", as: "one")
    let other = try save("sim:v2-reference,size=64K,dirty=0,seed=2", as: "other")
    let program = try startVfioscope("stream", "view", one, other, showing: "difference 1 of ")
    try program.wait(for: "seed 0x1 → 0x2")
    try program.type("n", andWaitFor: "difference 2 of ")
    try program.type("N", andWaitFor: "difference 1 of ")
    program.type(PtyProgram.escape)
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("and ends at once while a long one is still being read")
  func long() throws {
    let file = try save("sim:v2-reference,size=64M,dirty=0", as: "s")
    let program = try startVfioscope("stream", "view", file, showing: "VFIOSIM1")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("and says on one line what can't be opened, without taking the screen")
  func refused() throws {
    let program = try PtyProgram(builtProgram("vfioscope"), ["stream", "view", "/no/such"])
    #expect(try program.exitStatus() == .exited(3))
    #expect(program.terminal.lines[0] == "vfioscope: /no/such: open: ENOENT (No such file or directory)")
  }
}
