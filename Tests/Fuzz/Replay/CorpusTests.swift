import Dispatch
import FuzzTargets
import Glibc
import Testing

/// What the fuzzer has found, and what it begins with, again and again.
@Suite("The fuzzer's corpus", .serialized)
struct CorpusTests {
  private static let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Corpus"

  @Test("brings nothing down", arguments: FuzzTarget.allCases)
  func replay(target: FuzzTarget) throws {
    let files = files(target)
    #expect(!files.isEmpty)
    let done = DispatchSemaphore(value: 0)
    let contents = try files.map(contents)
    // Not on one of the tests' threads: they are few.
    DispatchQueue(label: "corpus").async {
      for bytes in contents { target.run(bytes, counting: false) }
      done.signal()
    }
    #expect(done.wait(timeout: .now() + 120) == .success)
  }

  private func files(_ target: FuzzTarget) -> [String] {
    let path = "\(Self.folder)/\(target.rawValue)"
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if !name.hasPrefix(".") { names.append("\(path)/\(name)") }
    }
    return names.sorted()
  }

  private func contents(_ path: String) throws -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    try #require(number >= 0)
    defer { close(number) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(number, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }
}
