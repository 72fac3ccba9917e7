import Glibc
import Migration
import VFIO

/// Writes a report to a file, or on standard output when the file is `-`.
func writeReport(_ text: String, to path: String) throws(Failure) {
  if path == "-" { try printText(text) } else { try writeFile(path, text) }
}

/// Writes a report to a file, which gets its name when it is whole, in place of one that is there.
func writeFile(_ path: String, _ text: String) throws(Failure) {
  do throws(StreamFault) {
    let sink = try FileSink(path: path, replacing: true)
    try sink.write(Array(text.utf8).span.bytes)
    try sink.finish()
  } catch {
    throw Failure(.refused, "\(error)")
  }
}

/// Prints a report as one line of JSON, or writes it to a file unless the file is `-`.
func printJSON(_ report: JSON, to path: String) throws {
  if path == "-" { try printJSON(report) } else { try writeFile(path, report.line + "\n") }
}

/// Reads a file that a user has named, up to a size that no report reaches.
func contents(of path: String, limit: Int) throws(Failure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw Failure(.refused, "\(path): \(Errno(rawValue: errno))") }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw Failure(.refused, "\(path): \(Errno(rawValue: errno))") }
    if count == 0 { return bytes }
    bytes += buffer.prefix(count)
    guard bytes.count <= limit else { throw Failure(.usage, "\(path): more than \(limit) bytes: not a report") }
  }
}
