import Migration
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

/// Whole screens, as a user meets them.
@Suite struct WholeScreenTests {
  @Test func theGroupsAreATree() throws {
    try Screen().expect("groups")
  }

  @Test func theFilterKeepsWhatMatches() throws {
    let screen = Screen()
    screen.type("/storage|audio")
    try screen.expect("groups-filter")
    screen.type("", .escape)
    try screen.expect("groups")
  }

  @Test func aFilterThatMatchesNothingSaysSo() throws {
    let screen = Screen()
    screen.type("/nothing like it", .enter)
    #expect(screen.text.contains("No device matches; Esc clears the filter."))
  }

  @Test func aMachineWithoutAnIOMMUSaysWhatToDo() throws {
    try Screen(
      Listing(iommu: "off", advice: ["No IOMMU is on.", "Boot the kernel with intel_iommu=on."], groups: [])
    ).expect("no-iommu")
  }

  @Test func aDeviceOfV2IsShownWithItsStates() throws {
    let screen = Screen()
    screen.type("", .enter)
    try screen.expect("device-v2")
  }

  @Test func aDeviceOfV1IsShownWithItsRegisters() throws {
    try Screen(device: "sim:v1-reference,dirty=0").expect("device-v1")
  }

  @Test(arguments: [1, 3, 5]) func theDiagramHasTheStatesThatTheFlagsCover(flags: Int) throws {
    try Screen(device: "sim:v2-reference,flags=\(flags)", height: 20).expect("device-v2-flags-\(flags)")
  }

  @Test func theStepMenuTellsWhatWillHappen() throws {
    let screen = Screen(device: "sim:v2-reference,dirty=0")
    screen.type("sjjj")
    try screen.expect("menu-v2")
  }

  @Test func theStepMenuOfV1SaysWhatIsNotDrawn() throws {
    let screen = Screen(device: "sim:v1-reference,state=stop", height: 30)
    screen.type("sjj")
    try screen.expect("menu-v1")
  }

  @Test func nothingIsChangedBeforeTheDeviceIsArmed() throws {
    let screen = Screen(device: "sim:v2-reference,dirty=0")
    screen.type("sj", .enter)
    #expect(screen.text.contains("Read-only: go back and press a to arm this device first."))
    screen.type("y")
    #expect(screen.app.store.status(.simulated("v2-reference,dirty=0"))?.observation?.state == .v2(.running))
  }

  @Test func armingAsksFirst() throws {
    let screen = Screen(device: "sim:v2-reference,dirty=0")
    screen.type("a")
    try screen.expect("arm")
    screen.type("n")
    #expect(screen.text.contains("READ-ONLY"))
    screen.type("ay")
    #expect(screen.text.contains(" ARMED"))
    screen.type("a")
    #expect(screen.text.contains("READ-ONLY"))
  }

  @Test func aStepIsConfirmedThenShownWithItsResult() throws {
    let screen = Screen(device: "sim:v2-reference,dirty=0")
    screen.type("aysjjj", .enter)
    try screen.expect("confirm")
    screen.type("y")
    try screen.expect("stepped")
  }

  @Test func aRefusedStepShowsTheErrnoAndTheStateReadBack() throws {
    let screen = Screen(device: "sim:v2-reference,state=stop")
    screen.type("aysjjj", .enter)
    screen.type("ysjjjjjj", .enter)
    screen.type("y")
    try screen.expect("refused")
  }

  @Test func anErrorStateIsLeftByAReset() throws {
    let screen = Screen(device: "sim:v1-reference,fail=stop-copy:EIO:error")
    screen.type("aysjj", .enter)
    screen.type("y")
    try screen.expect("error-v1")
    screen.type("sjjjjjj", .enter)
    screen.type("y")
    #expect(screen.text.contains("● running"))
    #expect(screen.text.contains("✓ reset: error → running: ok, now running"))
  }

  @Test func theWindowOfV1IsReadOnlyWhenAsked() throws {
    let screen = Screen(device: "sim:v1-reference,dirty=0")
    screen.type("aysjjj", .enter)
    screen.type("y")
    #expect(screen.text.contains("not read: reading it has effects"))
    screen.type("s", .end, .up, .enter)
    screen.type("y")
    try screen.expect("chunk-v1")
  }

  @Test func aDeviceThatCantBeOpenedSaysWhy() throws {
    try Screen(device: "sim:no-such-profile").expect("cannot-open")
  }

  @Test func aDeviceOfAHostDriverIsNotOpened() throws {
    let screen = Screen()
    screen.type("k", .enter)
    #expect(screen.text.contains("Details"))
    screen.type("g", .down, .down, .enter)
    #expect(
      screen.text.contains("Can't open: 0000:00:1f.3 is bound to snd_hda_intel, not to a VFIO driver."))
  }

  @Test func helpNamesTheKeysOfTheViewBelow() throws {
    let screen = Screen(device: "sim:v2-reference,dirty=0")
    screen.type("?")
    try screen.expect("help")
    screen.type("", .escape)
    #expect(screen.text.contains("s step"))
  }

  @Test func theJournalShowsEveryAccess() throws {
    let screen = Screen(device: "sim:v2-reference,dirty=0", width: 100)
    screen.type("aysj", .enter)
    screen.type("yJ")
    #expect(screen.text.contains("FEATURE SET MIG_DEVICE_STATE argsz 16 = 0 [state 1 (STOP) fd -1]"))
    #expect(screen.text.contains("stop: running → running-p2p → stop: ok, now stop"))
    #expect(!screen.text.contains("FEATURE GET MIG_DATA_SIZE"))
    screen.type("l")
    #expect(screen.text.contains("FEATURE GET MIG_DATA_SIZE"))
  }

  @Test func theSmallestScreenShowsEverythingThatMatters() throws {
    let screen = Screen(device: "sim:v2-reference,dirty=0", height: 16, width: 60)
    try screen.expect("device-small")
    screen.type("s")
    try screen.expect("menu-small")
  }

  @Test func aScreenThatIsTooSmallRefusesPolitely() throws {
    let screen = Screen(height: 10, width: 40)
    #expect(screen.text.contains("The terminal is 40×10. vfioscope needs"))
    #expect(screen.type("q") == false)
    for size in [(1, 1), (1, 60), (16, 1), (0, 0)] {
      #expect(Screen(height: size.0, width: size.1).text.count < 200)
    }
  }

  @Test func asciiIsEnough() throws {
    let screen = Screen(device: "sim:v2-reference,dirty=0", glyphs: .ascii)
    screen.type("sjjj")
    try screen.expect("menu-ascii")
    #expect(!screen.text.unicodeScalars.contains { !$0.isASCII })
  }

  @Test func textFromAFileCantReachTheTerminalAsItIs() throws {
    var device = ListedDevice(
      reference: .simulated("v2-reference,dirty=0"), address: "0000:01:00.0", bus: "pci",
      driver: "evil\u{1b}[31mdriver",
      isVFIO: true)
    device.deviceName = "name\nwith\u{7}bells"
    let listing = Listing(
      iommu: "on", groups: [ListedGroup(number: 1, verdict: "ready", explanation: "ready", devices: [device])])
    let text = Screen(listing).text
    #expect(!text.contains("\u{1b}" as Character))
    #expect(!text.contains("\u{7}" as Character))
    #expect(text.contains("evil"))
  }
}
