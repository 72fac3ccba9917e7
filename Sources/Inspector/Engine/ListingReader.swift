import Synchronization

/// Reads a machine's files away from the screen, one thing after the other. What it has read waits until it is taken
/// over.
final class ListingReader: Sendable {
  /// Something that has been read.
  enum Found: Sendable {
    case listing(Listing)
    /// The listing could not be read; one line.
    case failure(String)
    case details(DeviceReference, ListedDevice.Details?)
  }

  private let worker: Worker
  private let scan: @Sendable () throws -> Listing
  private let details: @Sendable (DeviceReference) -> ListedDevice.Details?
  private let onChange: @Sendable () -> Void
  private let found = Mutex<[Found]>([])

  /// A reader that has listings from `scan` and details from `details`, and calls `onChange`, on any thread, when there
  /// is something to take over.
  init(
    execution: Execution = .queue, scan: @escaping @Sendable () throws -> Listing,
    details: @escaping @Sendable (DeviceReference) -> ListedDevice.Details? = { _ in nil },
    onChange: @escaping @Sendable () -> Void = {}
  ) {
    worker = Worker(execution, label: "listing")
    self.scan = scan
    self.details = details
    self.onChange = onChange
  }

  /// Begins to read the listing anew.
  func readListing() {
    read { reader in
      do {
        return .listing(try reader.scan())
      } catch {
        return .failure("\(error)")
      }
    }
  }

  /// Begins to read the details of a device.
  func readDetails(of reference: DeviceReference) {
    read { .details(reference, $0.details(reference)) }
  }

  /// What has been read since the last time, oldest first.
  func take() -> [Found] {
    found.withLock { found in
      defer { found = [] }
      return found
    }
  }

  private func read(_ body: @escaping @Sendable (ListingReader) -> Found) {
    worker.perform {
      let one = body(self)
      self.found.withLock { $0.append(one) }
      self.onChange()
    }
  }
}
