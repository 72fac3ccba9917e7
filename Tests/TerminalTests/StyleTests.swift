import Testing

@testable import Terminal

@Suite("A theme")
struct ThemeTests {
  @Test("without colours uses none", arguments: Role.allCases)
  func mono(role: Role) {
    let look = Theme.mono.appearance(of: Style(role))
    #expect(look.foreground == .terminal)
    #expect(look.background == .terminal)
  }

  @Test("keeps the terminal's own background", arguments: Role.allCases)
  func background(role: Role) {
    #expect(Theme.color.appearance(of: Style(role)).background == .terminal)
  }

  @Test("inverts what is selected, and does not make it faint", arguments: [Theme.color, .mono], Role.allCases)
  func selected(theme: Theme, role: Role) {
    let plain = theme.appearance(of: Style(role))
    let selected = theme.appearance(of: Style(role).selected)
    #expect(selected.attributes.contains(.reverse))
    #expect(!selected.attributes.contains(.dim))
    #expect(selected.foreground == plain.foreground)
  }

  @Test("tells danger from ordinary text even without colours", arguments: [Theme.color, .mono])
  func danger(theme: Theme) {
    #expect(theme.appearance(of: .danger) != theme.appearance(of: .normal))
  }

  @Test(
    "has colours only where the terminal has and the user wants them",
    arguments: [
      (256, nil, Theme.color), (8, nil, .color), (0, nil, .mono), (256, "1", .mono), (256, "", .color), (0, "", .mono),
    ])
  func suited(colorCount: Int, noColor: String?, expected: Theme) {
    #expect(Theme.suited(colorCount: colorCount, noColor: noColor) == expected)
  }
}

@Suite("The glyphs")
struct GlyphsTests {
  private static func marks(of glyphs: Glyphs) -> [(name: String, mark: String)] {
    Mirror(reflecting: glyphs).children.compactMap { child in
      (child.value as? String).map { (child.label ?? "", $0) }
    }
  }

  @Test("take one column each, those of a tree two", arguments: [Glyphs.utf8, .ascii])
  func width(glyphs: Glyphs) {
    let marks = Self.marks(of: glyphs)
    #expect(marks.count > 20)
    for (name, mark) in marks {
      let isTree = ["branch", "lastBranch", "trunk"].contains(name)
      #expect(SafeText(mark, isASCII: glyphs.isASCII).width == (isTree ? 2 : 1), "\(name)")
      #expect(SafeText(mark, isASCII: glyphs.isASCII).string == mark, "\(name)")
    }
  }
}
