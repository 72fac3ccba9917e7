import Glibc
import TestSupport
import Testing

/// What a browser shows of the page that `check --html` writes.
@Suite("The page of check, in a browser", .enabled(if: Browser.isThere, "chromium and pdftotext are not installed"))
struct PageTests {
  @Test("shows what is not kept, with the evidence, and what the device went through")
  func shows() throws {
    let browser = try Browser()
    let run = try vfioscope(
      "check", "sim:v1-reference,size=64K,defect=V1-ACC-05", "--allow", "lose", "--html", browser.page)
    #expect(run.status == .exited(1))
    let shown = try browser.shown()
    #expect(shown.contains("sim:v1-reference,size=64K,defect=V1-ACC-05"))
    #expect(shown.contains("Not kept"))
    #expect(shown.contains("V1-ACC-05"))
    #expect(shown.contains("read region 9 +0x4 4 bytes reserved = EINVAL"))
    #expect(shown.contains("What the device went through"))
    #expect(shown.contains("running"))
    // It stands alone: nothing is fetched, and nothing runs.
    let source = try text(of: browser.page)
    #expect(!source.contains("http") && !source.contains("<script") && !source.contains("src="))
  }

  @Test("does not take a device's name for a part of the page")
  func escapes() throws {
    let browser = try Browser()
    let served = try Served("sim:v2-reference,size=64K", at: "<b>&name")
    _ = try vfioscope("check", served.name, "--rules", "V2-DISC", "--html", browser.page)
    #expect(try browser.shown().contains("<b>&name"))
  }
}

/// A browser without a window, and a page for it.
private struct Browser {
  private static let program = "/usr/bin/chromium"
  private static let reader = "/usr/bin/pdftotext"
  static var isThere: Bool { access(program, X_OK) == 0 && access(reader, X_OK) == 0 }

  private let tree: Tree
  var page: String { "\(tree.path)/page.html" }

  init() throws { tree = try Tree() }

  /// The text that a user sees.
  func shown() throws -> String {
    let printed = "\(tree.path)/page.pdf"
    let browser = try Invocation(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(tree.path)/profile",
        "--print-to-pdf=\(printed)", "file://\(page)",
      ], program: Self.program)
    #expect(try browser.finish(patience: 60).status == .exited(0))
    return try Invocation(["-layout", printed, "-"], program: Self.reader).finish().output
  }
}
