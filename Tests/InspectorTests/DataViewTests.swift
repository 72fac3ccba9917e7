import Glibc
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Migration
@testable import Terminal

@Suite("The keys of the data view")
struct DataKeyTests {
  private let folder: StreamFolder

  init() throws { folder = try StreamFolder() }

  private func plain(_ count: Int = 1000) throws -> Screen {
    Screen(files: [try folder.file("plain", (0..<count).map { UInt8(truncatingIfNeeded: $0 / 4) })])
  }

  @Test("move over the chunks, and the bytes follow")
  func chunks() throws {
    let screen = Screen(files: [try folder.mtty("s")])
    #expect(screen.text.contains("3 chunks"))
    #expect(screen.text.contains("byte 0x000000 of 0x000060"))
    screen.type("j")
    #expect(screen.text.contains("byte 0x000018 of 0x000060"))
    screen.type("G")
    #expect(screen.text.contains("byte 0x00003c of 0x000060"))
    screen.type("jjj")
    #expect(screen.text.contains("byte 0x00003c of 0x000060"))
    screen.type("k")
    #expect(screen.text.contains("byte 0x000018 of 0x000060"))
    screen.type("g")
    #expect(screen.text.contains("byte 0x000000 of 0x000060"))
  }

  @Test("Tab goes from the chunks to the records to the bytes, and stays where it is in the data")
  func tab() throws {
    let screen = Screen(files: [try folder.mtty("s")])
    screen.type("j", .tab)
    #expect(screen.text.contains("3 records"))
    #expect(screen.text.contains("byte 0x000018 of") && screen.text.contains("port 0"))
    screen.type("", .tab)
    screen.type("j")
    #expect(screen.text.contains("byte 0x000020 of"))
    screen.type("", .tab)
    #expect(screen.text.contains("3 chunks"))
    screen.type("", .backTab, .backTab)
    screen.type("G")
    #expect(screen.text.contains("port 1") && screen.text.contains("byte 0x00003c of"))
  }

  @Test("scroll the bytes by rows and by screens, no further than to a full screen")
  func scroll() throws {
    let screen = try plain()
    screen.type("", .enter)
    screen.type("jjj")
    #expect(screen.text.contains("byte 0x000018 of 0x0003e8"))
    screen.type("k")
    #expect(screen.text.contains("byte 0x000010 of"))
    screen.type("", .end)
    let end = screen.text
    #expect(end.contains("0x0003e0 f8 f8"))
    screen.type("jj", .pageDown)
    #expect(screen.text == end)
    screen.type("", .pageUp)
    #expect(screen.text != end)
    screen.type("", .home, .pageUp)
    #expect(screen.text.contains("byte 0x000000 of"))
  }

  @Test("go to an offset that is typed, and to the last byte from behind the end")
  func offset() throws {
    let screen = try plain()
    screen.type(":0x1f", .enter)
    #expect(screen.text.contains("byte 0x00001f of"))
    screen.type(":100", .enter)
    #expect(screen.text.contains("byte 0x000064 of"))
    screen.type(":0xffffffffffffffff", .enter)
    #expect(screen.text.contains("byte 0x0003e7 of"))
    screen.type(":1x", .enter)
    #expect(screen.text.contains("No offset: 1x. Write it as 4096 or as 0x1000."))
    screen.type(":12", .escape)
    #expect(screen.text.contains("byte 0x0003e7 of"))
  }

  @Test("find text and bytes, and the next of them")
  func find() throws {
    let bytes = Array("one needle, two needles, no more".utf8) + [0x4C, 0x41, 0x00]
    let screen = Screen(files: [try folder.file("f", bytes)])
    screen.type("n")
    #expect(screen.text.contains("Nothing to find yet: / asks for it."))
    screen.type("/needle", .enter)
    #expect(screen.text.contains("byte 0x000004 of"))
    screen.type("n")
    #expect(screen.text.contains("byte 0x000010 of"))
    screen.type("n")
    #expect(screen.text.contains("not found behind 0x000010"))
    screen.type("g/0x4c 4100", .enter)
    #expect(screen.text.contains("byte 0x000020 of"))
    screen.type("/0x4c4", .enter)
    #expect(screen.text.contains("No bytes: 0x4c4. Write two hexadecimal digits for each after 0x."))
    screen.type("g/q?n", .enter)
    #expect(screen.text.contains("not found behind 0x000000"))
  }

  @Test("mark what was found")
  func marked() throws {
    let screen = Screen(files: [try folder.file("f", Array("0123needle".utf8))])
    screen.type("/needle", .enter)
    var canvas = Canvas(height: 24, width: 80)
    screen.app.draw(on: &canvas)
    let row = try #require(canvas.lines.firstIndex { $0.contains("0123need") })
    let selected = canvas.cells(inRow: row).dropFirst(36).filter(\.style.isSelected).map(\.text).joined()
    #expect(selected == "6e656564" + "need")
    screen.type(":9", .enter)
    canvas = Canvas(height: 24, width: 80)
    screen.app.draw(on: &canvas)
    let next = canvas.cells(inRow: row).dropFirst(36).filter(\.style.isSelected).map(\.text).joined()
    #expect(next == "65" + "e")
  }

  @Test("of the mouse choose in the list")
  func click() throws {
    let screen = Screen(files: [try folder.mtty("s")])
    let row = try #require(screen.text.split(separator: "\n").firstIndex { $0.contains("   2 0x00003c") })
    screen.type("", .enter, .click(row: row, column: 5))
    #expect(screen.text.contains("byte 0x00003c of"))
    screen.type("k")
    #expect(screen.text.contains("byte 0x000018 of"))
    let before = screen.text
    screen.type("", .click(row: row + 1, column: 5), .click(row: row, column: 70), .click(row: 2, column: 5))
    #expect(screen.text == before)
  }

  @Test("leave the bytes of a field looking as its name, and what is not of the record dim")
  func fields() throws {
    let screen = Screen(files: [try folder.mtty("s")])
    screen.type("", .tab)
    screen.type("j")
    func style(of text: String, in line: String) throws -> Style {
      var canvas = Canvas(height: 24, width: 80)
      screen.app.draw(on: &canvas)
      let row = try #require(canvas.lines.firstIndex { $0.contains(line) })
      let start = try #require(canvas.lines[row].firstRange(of: text)).lowerBound
      let column = canvas.lines[row].distance(from: canvas.lines[row].startIndex, to: start)
      return try #require(canvas[row, column]).style
    }
    #expect(try style(of: "00 01 02", in: "0x000018 00") == style(of: "+00 uart_reg", in: "uart_reg"))
    #expect(try style(of: "68 65", in: "0x000020 68") == style(of: "+08 fifo", in: "fifo"))
    #expect(try style(of: "68 65", in: "0x000020 68") != style(of: "00 01 02", in: "0x000018 00"))
    screen.type("j")
    #expect(try style(of: "07 10 0e", in: "0x000038 07") == .dim)
    #expect(try style(of: "00 01 02 03", in: "0x000038 07") != .dim)
  }

  @Test("show a record that the driver would refuse, and why")
  func refused() throws {
    var chunks = StreamFolder.mtty()
    chunks[0][8] = 9
    let screen = Screen(files: [try folder.file("f", chunks.flatMap { $0 })], width: 120)
    screen.type("", .tab)
    #expect(screen.text.contains("0 0x000000 ! header"))
    #expect(screen.text.contains("! the driver takes version 1.0 only"))
  }

  @Test("read a file again that has grown")
  func refresh() throws {
    let file = try folder.stream("s", [(.v2(.preCopy), [[1, 2, 3]])], isFinished: false)
    let screen = Screen(files: [file])
    #expect(screen.text.contains("not finished: 3 bytes in 1 chunk"))
    let more = try folder.mtty("more")
    rename(more, file)
    screen.type("j")
    #expect(screen.text.contains("3 bytes in 1 chunk"))
    screen.type("r")
    #expect(screen.text.contains("96 bytes in 3 chunks"))
    #expect(screen.text.contains("good: all there, and every checksum fits"))
  }

  @Test("leave it for the groups it was opened from, by a path that is typed")
  func opened() throws {
    let file = try folder.mtty("s?")
    let screen = Screen()
    screen.type("f")
    #expect(screen.text.contains(" Open file:"))
    screen.type("x", .backspace)
    screen.type(file, .enter)
    #expect(screen.text.contains("0000:3b:00.2 · v2 (stop-copy, pre-copy), by cdev"))
    screen.type("?")
    #expect(screen.text.contains("find next"))
    screen.type("", .escape, .escape)
    #expect(screen.text.contains("5 IOMMU groups"))
    screen.type("f", .escape)
    #expect(screen.text.contains("5 IOMMU groups") && !screen.text.contains("Open file"))
  }

  @Test("end the program that was started for a file alone")
  func ended() throws {
    let screen = try plain()
    #expect(!screen.type("", .escape))
  }

  @Test("compare with a second file, and come back")
  func compare() throws {
    let (one, other) = (try folder.mtty("a"), try folder.mtty("b", divisor: 13))
    let screen = Screen(files: [one])
    screen.type("d")
    screen.type(other, .enter)
    #expect(screen.text.contains("difference 1 of 2 places"))
    screen.type("", .escape)
    #expect(screen.text.contains("3 chunks"))
  }
}

@Suite("Two captures, one of which is not there")
struct MissingSecondTests {
  @Test("offer only the keys that do something")
  func keys() throws {
    let folder = try StreamFolder()
    let screen = Screen(files: [try folder.mtty("a")])
    screen.type("d")
    screen.type(folder.path("none"), .enter)
    #expect(screen.text.contains("ENOENT"))
    #expect(!screen.text.contains("next difference"))
    #expect(screen.text.contains(" r read again  Esc back  ? help  q quit"))
  }
}

@Suite("Two captures side by side")
struct DiffViewTests {
  private let folder: StreamFolder

  init() throws { folder = try StreamFolder() }

  private func compare(_ one: [UInt8], _ other: [UInt8]) throws -> Screen {
    Screen(files: [try folder.file("one", one), try folder.file("other", other)])
  }

  private func different(at places: Int...) throws -> Screen {
    var other = [UInt8](repeating: 0, count: 4096)
    for place in places { other[place] = 0xEE }
    return try compare([UInt8](repeating: 0, count: 4096), other)
  }

  @Test("are gone through difference by difference")
  func steps() throws {
    let screen = try different(at: 100, 1000, 4000)
    #expect(screen.text.contains("difference 1 of 3 places"))
    #expect(screen.text.contains("0x000060 "))
    screen.type("n")
    #expect(screen.text.contains("difference 2 of 3 places") && screen.text.contains("0x0003e8 "))
    screen.type("nn")
    #expect(screen.text.contains("No more differences there."))
    screen.type("N")
    #expect(screen.text.contains("difference 2 of 3 places"))
    screen.type("NN")
    #expect(screen.text.contains("No more differences there."))
  }

  @Test("are gone through from any offset")
  func fromOffset() throws {
    let screen = try different(at: 100, 1000, 4000)
    screen.type(":2000", .enter)
    #expect(screen.text.contains("3 differences"))
    screen.type("N")
    #expect(screen.text.contains("difference 2 of 3 places"))
    screen.type(":2000", .enter)
    screen.type("n")
    #expect(screen.text.contains("difference 3 of 3 places"))
    screen.type("gn")
    #expect(screen.text.contains("difference 1 of 3 places"))
  }

  @Test("have their differing bytes and rows marked, and no others")
  func marked() throws {
    let screen = try different(at: 4, 9)
    var canvas = Canvas(height: 24, width: 80)
    screen.app.draw(on: &canvas)
    let rows = canvas.lines.indices.filter { canvas.lines[$0].contains("0x0000") && canvas.lines[$0].contains("00 00") }
    let marked = rows.map { row in canvas.cells(inRow: row).filter { $0.style == .danger }.map(\.text).joined() }
    #expect(marked.prefix(3) == ["00.!ee.", "00.!ee.", ""])
  }

  @Test("may be equal, or of different lengths")
  func ends() throws {
    #expect(try compare([1, 2, 3], [1, 2, 3]).text.contains("The data are equal."))
    let screen = try compare([1, 2, 3], [1, 2, 3, 4])
    #expect(screen.text.contains("No byte differs; the shorter one ends at 0x000003."))
    screen.type("n")
    #expect(screen.text.contains("No more differences there."))
  }

  @Test("show what differs in the record")
  func record() throws {
    let screen = Screen(files: [try folder.mtty("a"), try folder.mtty("b", divisor: 13)])
    #expect(screen.text.contains("+1e divisor 12 → 13"))
  }

  @Test("name both records where they are of different kinds, and compare no fields of them")
  func recordsOfDifferentKinds() throws {
    let long = try folder.simulated("long", "v2-reference,size=64K,dirty=0,seed=1")
    let short = try folder.simulated("short", "v2-reference,size=32K,dirty=0,seed=1")
    let screen = Screen(files: [long, short], height: 36, width: 120)
    // The shorter one has its last record where the other one has a page.
    let last = try #require(try records(short).last).offset
    screen.type(":\(last)", .enter)
    let (one, other) = (try #require(try records(long).last { $0.offset <= last }), try records(short).last)
    #expect(one.name != other?.name)
    #expect(screen.text.contains(" \(one.heading) → \(other?.heading ?? "") "))
    for field in one.fields { #expect(screen.text.contains(" \(field.name) \(field.value.words)")) }
  }

  private func records(_ path: String) throws -> [StreamRecord] {
    let capture = try Capture(opening: path)
    while try !capture.walk() {}
    var reader = RecordReader(capture, format: try #require(try StreamFormat.guess(capture)))
    var records: [StreamRecord] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }
}

@Suite("A file that can't be shown")
struct UnshownFileTests {
  private let folder: StreamFolder

  init() throws { folder = try StreamFolder() }

  @Test("is named with the reason, and the program goes on")
  func refused() throws {
    mkfifo(folder.path("pipe"), 0o600)
    chmod(folder.path("pipe"), 0o666)
    let secret = try folder.file("secret", [1])
    chmod(secret, 0)
    let head = try folder.file("head", Array([UInt8]([0x89, 0x56, 0x4D, 0x49, 0x47, 0x0D, 0x0A, 0x1A]) + [1, 0, 0]))
    let reasons = [
      (folder.path("none"), "open: ENOENT"), (folder.path, "is a folder"),
      (folder.path("pipe"), "is read more than once, so it has to be a plain file"), (secret, "open: EACCES"),
      (head, "not finished: 0 bytes in 0 chunks so far, and no trailer"),
    ]
    for (path, reason) in reasons {
      let text = asOrdinaryUser {
        let screen = Screen(width: 120)
        screen.type("f")
        screen.type(path, .enter)
        screen.type("jG:5", .enter)
        screen.type("/x", .enter)
        screen.type("nr", .tab)
        let text = screen.text
        screen.type("", .escape)
        #expect(screen.text.contains("5 IOMMU groups"))
        return text
      }
      #expect(text.contains(reason), "\(path): \(text)")
    }
    let both = Screen(files: [secret, folder.path("none")], width: 120)
    both.type("nNjG:5", .enter)
    #expect(both.text.contains("open: E"))
  }

  @Test("may be empty")
  func empty() throws {
    let file = try folder.file("empty", [])
    let screen = Screen(files: [file])
    #expect(screen.text.contains("There are no bytes in it."))
    screen.type("jkGg:9", .enter)
    screen.type("/x", .enter)
    screen.type("n", .tab, .end, .enter)
    #expect(screen.text.contains("There are no bytes in it."))
    #expect(Screen(files: [file, file]).text.contains("The data are equal."))
  }

  @Test("any more, because it was cut meanwhile, says so and shows what it had")
  func shrunk() throws {
    let file = try folder.file("f", [UInt8](repeating: 7, count: 10_000))
    let screen = Screen(files: [file], width: 120)
    #expect(screen.text.contains("10000 bytes, plain"))
    folder.cut(file, to: 100)
    screen.type(":5000", .enter)
    #expect(screen.text.contains("the file has become shorter while it was read"))
    screen.type("r")
    #expect(screen.text.contains("100 bytes, plain"))
    #expect(!screen.text.contains("shorter"))
  }

  @Test("because it became shorter while its format was looked for is told of, and no other is taken for it")
  func shrunkBeforeItsFormat() throws {
    let files = [try folder.mtty("a"), try folder.file("b", [UInt8](repeating: 7, count: 10_000))]
    let desk = try CaptureDesk(files)
    while !desk.isWalked { _ = try desk.step(for: nil) }
    folder.cut(files[1], to: 0)
    for _ in 0..<2 {
      #expect(throws: StreamFault.self) { _ = try desk.step(for: nil) }
      #expect(desk.formats.isEmpty)
    }
  }

  @Test("as it is has its control characters shown, not sent")
  func escaped() throws {
    let file = try folder.mtty("a\u{1B}[2Jb", device: "evil\u{1B}[31m\u{7}name")
    let screen = Screen(files: [file])
    for text in [screen.text, Screen(files: [file, file]).text] {
      #expect(!text.contains("\u{1B}") && !text.contains("\u{7}"))
      #expect(text.contains("a␛[2Jb"))
    }
    #expect(screen.text.contains("evil␛[31m␇name"))
  }
}

@Suite("A long capture")
struct LongCaptureTests {
  private let folder: StreamFolder

  init() throws { folder = try StreamFolder() }

  @Test("of any length is there at once when it is plain bytes")
  func plain() throws {
    let file = try folder.file("long", Array("start".utf8))
    truncate(file, 1 << 40)
    let screen = Screen(files: [file])
    #expect(screen.text.contains("byte 0x00000000000 of 0x10000000000"))
    screen.type(":0xfffffffff0", .enter)
    #expect(screen.text.contains("0x0fffffffff0 00 00"))
  }

  @Test("is read away from the screen, with its start shown meanwhile, until nobody looks at it any more")
  func background() throws {
    let chunk = [UInt8](repeating: 0x41, count: 1 << 20)
    let file = try folder.stream("long", [(.v2(.stopCopy), Array(repeating: chunk, count: 64))])
    let events = Events()
    var handle: CaptureHandle? = CaptureHandle([file], onChange: { events.add("more") })
    let aim = Aim(hexRows: 4)
    try wait { handle?.sight(aim)?.bytes.first?.count == 64 }
    try wait { handle?.status.walked ?? 0 > 0 }
    try wait { handle?.status.isWalked == true }
    #expect(handle?.status.lists[.chunks]?.count == 64)
    // Read in steps: the screen is told of each.
    #expect(events.all.count >= 8)
    weak let gone = handle
    handle = nil
    try wait { gone == nil }
  }

  @Test("says how far it has been read, and no verdict before the end")
  func progress() throws {
    let capture = try Capture(opening: folder.mtty("s"))
    var status = CaptureStatus(fileSize: 4000, walked: 1000)
    func head() -> String {
      var canvas = Canvas(height: 10, width: 80)
      DataHead(CaptureReport(capture, format: .mtty), status, screenHeight: 24).draw(on: &canvas, in: canvas.bounds)
      return canvas.text
    }
    #expect(head().contains("verdict     reading, 25 % of 4 000 bytes so far"))
    #expect(!head().contains("format"))
    while try !capture.walk() {}
    status.isWalked = true
    #expect(head().contains("verdict     good") && head().contains("format      mtty"))
  }

  @Test("that is compared has no verdict before its end either")
  func comparedProgress() throws {
    let capture = try Capture(opening: folder.mtty("s"))
    var status = CaptureStatus()
    #expect(status.summary(of: CaptureReport(capture, format: nil)).text == "0 bytes so far")
    while try !capture.walk() {}
    status.isWalked = true
    #expect(status.summary(of: CaptureReport(capture, format: nil)).text == "96 bytes, good")
  }

  @Test("may be of any length, which is more than can be multiplied")
  func endlessProgress() {
    #expect(CaptureStatus(fileSize: .max, walked: 1 << 60).progress.hasPrefix("reading, 6 % of "))
    #expect(CaptureStatus(fileSize: 0, walked: 0).progress.hasPrefix("reading, 0 % of "))
  }

  @Test("is searched for as long as the user waits: Esc ends the search, and not the view")
  func stopped() throws {
    let file = try folder.file("long", Array("start".utf8))
    truncate(file, 1 << 40)
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }), captures: Captures(),
      makeHandle: { DeviceHandle($0, execution: .inline) })
    let app = InspectorApp(store: store, files: [file])
    func text() -> String {
      var canvas = Canvas(height: 24, width: 80)
      app.draw(on: &canvas)
      return canvas.text
    }
    try wait { text().contains("73 74 61 72 74") }
    for key in "/needle".map(Key.character) + [.enter] { _ = app.handle(key) }
    try wait { text().contains("searching at 0x") }
    #expect(text().contains("73 74 61 72 74"))
    #expect(app.handle(.escape))
    try wait { text().contains("byte 0x00000000000 of") }
    #expect(!app.handle(.escape))
  }

  @Test("is searched step by step, and the search ends when something else is asked for")
  func search() throws {
    let file = try folder.file("long", Array("needle".utf8))
    truncate(file, 1 << 40)
    let handle = CaptureHandle([file])
    let match = Aim(place: .match(Array("needle".utf8), from: 1), hexRows: 1)
    try wait {
      _ = handle.sight(match)
      return handle.status.searched ?? 0 > 8 << 20
    }
    let other = Aim(place: .offset(64), hexRows: 1)
    try wait { handle.sight(other)?.offset == 64 }
    try wait { handle.status.searched == nil }
  }
}
