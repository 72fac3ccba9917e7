import Migration
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

@Suite("Keys")
struct KeyTests {
  @Test("do nothing that can't be seen: below the smallest screen only q works")
  func tooSmall() throws {
    let opening = FakeOpening()
    let screen = Screen(device: "0000:01:00.0", opening: opening.open)
    screen.type("aysj", .enter)
    screen.app.resize(width: 59, height: 24)
    #expect(screen.type("yJ?", .escape, .enter))
    #expect(opening.devices.first?.wasAskedForAState() == false)
    #expect(!screen.type("q"))
    screen.app.resize(width: 80, height: 24)
    #expect(screen.text.contains("Step to stop?"))
  }

  @Test("are text while the filter is typed, the question mark too")
  func questionMark() {
    let screen = Screen()
    screen.type("/?q")
    #expect(screen.text.contains(" /?q"))
    screen.type("", .escape)
    screen.type("?")
    #expect(screen.text.contains(" vfioscope  Help"))
  }

  @Test("close a device that is in the middle of its data only after a question")
  func closing() {
    let screen = Screen(device: "sim:v2-reference,dirty=0")
    let store = screen.app.store
    let device = DeviceReference.simulated("v2-reference,dirty=0")
    store.perform(.arm, on: device)
    store.perform(.step(.state(.v2(.preCopy))), on: device)
    screen.type("c")
    #expect(screen.text.contains("Close it in pre-copy?"))
    screen.type("n")
    #expect(store.status(device)?.phase != .closed)
    screen.type("cy")
    #expect(store.status(device)?.phase == .closed)
    #expect(screen.text.contains("was in pre-copy when it was closed"))
  }

  @Test("scroll a journal no further than it is long")
  func journal() {
    let screen = Screen(device: "sim:v2-reference,dirty=0", height: 16)
    screen.type("Jl")
    let end = screen.text
    screen.type("k")
    let one = screen.text
    #expect(one != end)
    screen.type("", .home, .home)
    let start = screen.text
    #expect(start.contains("GET_INFO = 0"))
    screen.type("kkkkkkkkkkkkkkkkkkkk")
    #expect(screen.text == start)
    screen.type("j")
    #expect(screen.text != start)
    screen.type("", .end)
    screen.type("k")
    #expect(screen.text == one)
    screen.type("jjjj")
    #expect(screen.text == end)
  }

  @Test("of the mouse select a row, and open it when it is selected")
  func clicks() {
    let screen = Screen()
    screen.type("", .click(row: 7, column: 30))
    #expect(screen.text.contains("group 13      ready: 0000:3b:00.3"))
    #expect(screen.text.contains("Details"))
    screen.type("", .click(row: 7, column: 3))
    #expect(screen.text.contains(" vfioscope  0000:3b:00.3"))
  }

  @Test("of the mouse beside the rows do nothing", arguments: [(0, 5), (12, 5), (20, 5), (23, 5), (7, 200)])
  func clicksBeside(row: Int, column: Int) {
    let screen = Screen()
    let before = screen.text
    screen.type("", .click(row: row, column: column), .click(row: row, column: column))
    #expect(screen.text == before)
  }

  @Test("of the mouse hit the row that is seen, in a list that is scrolled and filtered")
  func clicksScrolled() {
    let devices = (0..<40).map { number in
      let address = "0000:01:00." + hexadecimal(number, digits: 2)
      return ListedDevice(reference: .kernel(address), address: address, bus: "pci", driver: "vfio-pci", isVFIO: true)
    }
    let screen = Screen(Listing(iommu: "on", groups: [], ungrouped: devices), opening: FakeOpening().open)
    screen.type("/0000", .enter)
    screen.type("G")
    screen.type("kk")
    let row = screen.text.split(separator: "\n").firstIndex { $0.contains("0000:01:00.20") } ?? 0
    screen.type("", .click(row: row, column: 4))
    let clicked = screen.text.split(separator: "\n")
    #expect(clicked[row].contains("0000:01:00.20"))
    screen.type("", .click(row: row, column: 4))
    #expect(screen.text.contains(" vfioscope  0000:01:00.20"))
  }
}

@Suite("The badge")
struct BadgeTests {
  @Test("says in the groups and in help that a device is armed")
  func armed() {
    let screen = Screen()
    #expect(screen.text.contains(" READ-ONLY"))
    screen.type("", .enter)
    screen.type("ay?")
    #expect(screen.text.contains("Help") && screen.text.contains(" ARMED") && !screen.text.contains("1 ARMED"))
    screen.type("", .escape, .escape)
    #expect(screen.text.contains(" 1 ARMED"))
    screen.type("?")
    #expect(screen.text.contains(" 1 ARMED"))
    screen.type("", .escape, .enter)
    screen.type("a", .escape)
    #expect(screen.text.split(separator: "\n")[0].hasSuffix("READ-ONLY"))
  }
}
