import Terminal

/// Text from a device or a file, made safe for a terminal: control characters and escapes are shown, not sent.
public func printable(_ text: String) -> String {
  SafeText(text, isASCII: false).pieces.reduce(into: "") { $0 += $1.text }
}

/// Whether a character stays as it is in that.
public func isPrintable(_ scalar: Unicode.Scalar) -> Bool { !SafeText.isUnsafe(scalar) }
