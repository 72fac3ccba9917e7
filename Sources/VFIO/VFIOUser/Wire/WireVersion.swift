import CVFIO
import FoundationEssentials

/// What both ends say of themselves in VERSION.
public struct WireVersion: Sendable, Equatable {
  /// Always 0 so far.
  public var major: UInt16
  /// 1 for the generation with the migration region, 2 for the one with features. Servers of either say either: it does
  /// not tell how a device migrates.
  public var minor: UInt16
  /// What the side can do.
  public var capabilities: Capabilities

  /// The values under `capabilities` of the JSON text. What is not said has the document's default.
  public struct Capabilities: Sendable, Equatable, Codable {
    /// The most descriptors with one message.
    public var maxMsgFDs: Int?
    /// The most bytes of data in one message towards this side.
    public var maxDataXferSize: Int?
    /// The most DMA mappings at once.
    public var maxDMAMaps: Int?
    /// The page sizes of DMA mappings, a bit each.
    public var pageSizes: UInt64?
    /// Whether commands of the server are to have a socket of their own.
    public var twinSocket: TwinSocket?
    /// Whether several writes fit in one message.
    public var writeMultiple: Bool?
    /// Up to 0.9.1: the side knows migration. Servers without migration say it too.
    public var migration: Migration?

    /// `twin_socket`.
    public struct TwinSocket: Sendable, Equatable, Codable {
      /// Asked for, or given.
      public var supported: Bool
      /// Which of the message's descriptors it is.
      public var index: Int?

      enum CodingKeys: String, CodingKey {
        case supported
        case index = "fd_index"
      }
    }

    /// `migration`.
    public struct Migration: Sendable, Equatable, Codable {
      /// The page size of dirty bitmaps.
      public var pageSize: UInt64?
      /// The largest dirty bitmap, in bytes.
      public var maxBitmapSize: UInt64?

      enum CodingKeys: String, CodingKey {
        case pageSize = "pgsize"
        case maxBitmapSize = "max_bitmap_size"
      }
    }

    enum CodingKeys: String, CodingKey {
      case maxMsgFDs = "max_msg_fds"
      case maxDataXferSize = "max_data_xfer_size"
      case maxDMAMaps = "max_dma_maps"
      case pageSizes = "pgsizes"
      case twinSocket = "twin_socket"
      case writeMultiple = "write_multiple"
      case migration
    }

    /// Nothing is said.
    public init() {}
  }

  /// A version with these capabilities.
  public init(major: UInt16 = 0, minor: UInt16, capabilities: Capabilities = Capabilities()) {
    self.major = major
    self.minor = minor
    self.capabilities = capabilities
  }

  private struct Text: Codable {
    var capabilities: Capabilities?
  }

  /// The version in a VERSION message. The text may be missing, or have no capabilities.
  public init(payload: [UInt8]) throws(WireError) {
    guard let version: cu_version = payload.structure(at: 0) else {
      throw .malformed("the VERSION message is too short")
    }
    (major, minor) = (version.major, version.minor)
    capabilities = Capabilities()
    let text = payload.dropFirst(MemoryLayout<cu_version>.size)
    guard let end = text.last else { return }
    guard end == 0 else { throw .malformed("the text of VERSION has no end") }
    do {
      let text = try JSONDecoder().decode(Text.self, from: Data(text.prefix { $0 != 0 }))
      capabilities = text.capabilities ?? Capabilities()
    } catch {
      throw .malformed("the text of VERSION is no JSON with the document's values")
    }
  }

  /// The payload of a VERSION message.
  public var payload: [UInt8] {
    let head = [UInt8].bytes(of: cu_version(major: major, minor: minor))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Numbers and flags can always be written.
    guard let text = try? encoder.encode(Text(capabilities: capabilities)) else { return head }
    return head + [UInt8](text) + [0]
  }
}
