import Foundation
import Migration
import Synchronization
import TestSupport
import Testing

@testable import Inspector
@testable import Terminal

/// The program without a terminal: a test types keys and compares the whole screen with a file in Screens/.
///
/// Devices answer at once and the clock counts the times it is asked, so that a screen depends on nothing but the keys.
/// With the environment variable UPDATE_SCREENS set, the files are written anew; look at the difference before you commit it.
final class Screen {
  let app: InspectorApp
  private let size: (height: Int, width: Int)
  private let glyphs: Glyphs

  /// The program with this listing; devices are opened by `opening` and are seen `later` than they answered.
  /// Time passes on its own, a little with every question, or by `passed`.
  init(
    _ listing: Listing = .demo, device: String? = nil, files: [String] = [], height: Int = 24, width: Int = 80,
    glyphs: Glyphs = .utf8,
    later: Duration = .zero, passing passed: TestClock? = nil,
    opening: @escaping DeviceHandle.Opening = DeviceOpener().open
  ) {
    size = (height, width)
    self.glyphs = glyphs
    let beginning = ContinuousClock.now
    let start: @Sendable () -> ContinuousClock.Instant = { passed?.now() ?? beginning }
    let asked = Atomic(0)
    let clock: @Sendable () -> ContinuousClock.Instant = {
      start() + .microseconds(asked.add(1, ordering: .relaxed).newValue)
    }
    let store = Store(
      listing: listing, reader: ListingReader(execution: .inline, scan: { listing }),
      captures: Captures(execution: .inline),
      clock: { start() + later + .microseconds(asked.load(ordering: .relaxed)) }, execution: .inline,
      makeHandle: { DeviceHandle($0, execution: .inline, clock: clock, opening: opening) })
    app = InspectorApp(store: store, device: device.map { listing.resolve(DeviceReference($0)) }, files: files)
    app.resize(width: width, height: height)
  }

  /// Types characters, and keys that are none by their names.
  @discardableResult
  func type(_ text: String = "", _ keys: Key...) -> Bool {
    var goesOn = true
    for key in text.map(Key.character) + keys { goesOn = app.handle(key) && goesOn }
    return goesOn
  }

  /// What is known of a device.
  func status(_ reference: DeviceReference) throws -> DeviceStatus { try #require(app.store.status(reference)) }

  /// The screen as text.
  var text: String {
    var canvas = Canvas(height: size.height, width: size.width, glyphs: glyphs)
    app.draw(on: &canvas)
    return canvas.text
  }

  /// Compares the screen with the file of this name. A folder of one run is hidden behind as many signs.
  func expect(
    _ name: String, hiding folder: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let seen = text
    let text = folder.map { seen.replacing($0, with: String(repeating: "~", count: $0.count)) } ?? seen
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Screens/\(name).txt")
    if ProcessInfo.processInfo.environment["UPDATE_SCREENS"] != nil {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    #expect(text == expected, "\(name) differs:\n\(text)", sourceLocation: sourceLocation)
  }
}
