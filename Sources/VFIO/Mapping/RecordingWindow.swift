import Synchronization

/// A window whose end is recorded. Its copies are not: they are memory accesses, no calls.
final class RecordingWindow: MappedWindow {
  private let window: any MappedWindow
  private let recorder: any AccessRecorder
  private let unmapping: Operation
  private let isMapped = Atomic(true)

  /// - Parameter unmapping: what giving it back is recorded as.
  init(_ window: any MappedWindow, recorder: any AccessRecorder, unmapping: Operation) {
    self.window = window
    self.recorder = recorder
    self.unmapping = unmapping
  }

  deinit {
    unmap()
  }

  var count: Int { window.count }

  func copy(from offset: Int, into buffer: inout MutableRawSpan) throws(DeviceError) {
    try window.copy(from: offset, into: &buffer)
  }

  func copy(_ bytes: RawSpan, to offset: Int) throws(DeviceError) {
    try window.copy(bytes, to: offset)
  }

  func withBytes<R>(in range: Range<Int>, _ body: (RawSpan) -> R) throws(DeviceError) -> R {
    try window.withBytes(in: range, body)
  }

  func unmap() {
    guard isMapped.exchange(false, ordering: .acquiringAndReleasing) else { return }
    // Memory can always be given back; the record only says when.
    try? recorder.measure(unmapping) { (_) throws(DeviceError) in window.unmap() }
  }
}
