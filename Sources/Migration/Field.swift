import VFIO

/// A value that the protocol shows of a device, and how it may be known.
public struct Field: Sendable, Equatable {
  /// How the value came to be known. Only what can be read without any effect is read for looking.
  public enum Liveness: Sendable, Equatable {
    /// Just read.
    case live
    /// Reading it has effects, so it is not read for looking; this is what it was then.
    case lastSeen(ContinuousClock.Instant)
    /// Reading it has effects and nobody has read it yet.
    case notRead
    /// Only the data fd tells it, and this session did not open the one there is.
    case needsDataFD
    /// The protocol gives it no meaning in this state.
    case notDefined
    /// It should be readable here, but the device refused.
    case failed(DeviceError.Reason)
  }

  /// What the number counts.
  public enum Unit: String, Sendable {
    case bytes
    /// A place in the region, in bytes from its start.
    case offset
    /// How many descriptors are open.
    case count
  }

  /// The protocol's name for it, such as `pending_bytes`.
  public let name: String
  /// The value, where one is known.
  public let value: UInt64?
  /// What the value counts.
  public let unit: Unit
  /// How it is known.
  public let liveness: Liveness

  /// A field with these values.
  public init(_ name: String, _ value: UInt64?, _ unit: Unit, _ liveness: Liveness) {
    self.name = name
    self.value = value
    self.unit = unit
    self.liveness = liveness
  }
}

extension Field {
  /// Reads a value for looking: live, or failed.
  static func reading(
    _ name: String, _ unit: Unit = .bytes, _ read: () throws(DeviceError) -> UInt64
  ) -> Field {
    do throws(DeviceError) {
      return Field(name, try read(), unit, .live)
    } catch {
      return Field(name, nil, unit, .failed(error.reason))
    }
  }
}
