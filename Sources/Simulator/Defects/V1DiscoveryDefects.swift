import VFIO

/// Devices of protocol v1 whose migration region is not what it should be.
enum V1DiscoveryDefects {
  static let all: [Defect] = [
    Defect("V1-DISC-03") {
      .describing { region in
        Region(
          index: region.index, flags: region.flags.subtracting(.write), size: region.size, offset: region.offset,
          capabilities: region.capabilities)
      }
    },
    Defect("V1-DISC-06", amongTheBARs),
    Defect("V1-DISC-08") {
      var interference = Interference()
      interference.info = { _, forward in
        forward(()).map { info in
          DeviceInfo(
            flags: info.flags & ~DeviceInfo.flagReset, regionCount: info.regionCount,
            interruptCount: info.interruptCount)
        }
      }
      return interference
    },
  ]

  /// The migration region takes the place of BAR5.
  @Sendable private static func amongTheBARs() -> Interference {
    let (own, shown): (UInt32, UInt32) = (9, 5)
    var interference = Interference()
    interference.regionInfo = { call, forward in
      if call.index == own { return .failure(call.refused(.EINVAL)) }
      guard call.index == shown else { return forward(call) }
      var moved = call
      moved.index = own
      return forward(moved).map { reply in
        var reply = reply
        reply.put(number: shown, at: 8)
        return reply
      }
    }
    interference.read = { call, forward in
      var call = call
      if call.region.index == shown { call.region = call.region.renumbered(own) }
      return forward(call)
    }
    interference.write = { call, forward in
      var call = call
      if call.region.index == shown { call.region = call.region.renumbered(own) }
      return forward(call)
    }
    return interference
  }
}

extension Interference {
  /// The migration region is described otherwise than it is.
  static func describing(_ change: @escaping @Sendable (Region) -> Region) -> Interference {
    var interference = Interference()
    interference.regionInfo = { call, forward in
      var whole = call
      // Room for every capability there may be.
      whole.argsz = max(call.argsz, 4096)
      return forward(whole).flatMap { reply in
        do throws(DeviceError) {
          let region = try Region(reply: reply, to: call.index)
          guard region.isMigration else { return forward(call) }
          return .success(try answer(call, change(region)))
        } catch {
          return .failure(error)
        }
      }
    }
    return interference
  }

  private static func answer(_ call: RegionInfoCall, _ region: Region) throws(DeviceError) -> [UInt8] {
    do throws(Refusal) {
      return try RegionReply.bytes(region, argsz: call.argsz)
    } catch {
      throw call.refused(error.errno)
    }
  }
}

extension Region {
  fileprivate func renumbered(_ index: UInt32) -> Region {
    Region(index: index, flags: flags, size: size, offset: offset, capabilities: capabilities)
  }

  /// The same, with these parts that may be mapped in place of its own.
  func mapping(_ areas: [RegionCapability.Area]) -> Region {
    let type = RegionCapability.type(MigrationRegion.type, subtype: MigrationRegion.subtype)
    return Region(
      index: index, flags: flags.union([.map, .capabilities]), size: size, offset: offset,
      capabilities: [type, .sparseMap(areas)])
  }
}
