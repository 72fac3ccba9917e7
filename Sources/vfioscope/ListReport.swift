import Inspector
import VFIO

/// What `list --json` prints.
extension Listing {
  var json: JSON {
    .object([
      "schema": .string("vfioscope.list/1"),
      "iommu": .object(["state": .string(iommu), "advice": JSON(advice)]),
      "groups": .array(groups.map(\.json)),
      "ungrouped": .array(ungrouped.map(\.json)),
      "sockets": .array(sockets.map(\.json)),
      "notices": JSON(notices),
    ])
  }
}

extension ListedGroup {
  fileprivate var json: JSON {
    .object([
      "id": JSON(number),
      "type": JSON(type),
      "name": JSON(name),
      "node": JSON(node),
      "viable": .bool(isViable),
      "verdict": .string(verdict),
      "explanation": .string(explanation),
      "blocked_by": JSON(blockedBy),
      "devices": .array(devices.map(\.json)),
    ])
  }
}

extension ListedDevice {
  fileprivate var json: JSON { .members([members, details?.members ?? [:]]) }

  private var members: KeyValuePairs<String, JSON> {
    [
      "address": .string(address),
      "bus": .string(bus),
      "driver": JSON(driver),
      "vfio": .bool(isVFIO),
      "vendor_id": Self.identifier(vendorID, digits: 4),
      "device_id": Self.identifier(deviceID, digits: 4),
      "subsystem_vendor_id": Self.identifier(subsystemVendorID, digits: 4),
      "subsystem_id": Self.identifier(subsystemID, digits: 4),
      "class_code": Self.identifier(classCode, digits: 6),
      "vendor_name": JSON(vendorName),
      "device_name": JSON(deviceName),
      "class_name": JSON(className),
      "node": JSON(node),
      "physical_function": JSON(physicalFunction),
      "virtual_functions": JSON(virtualFunctions),
      "parent": JSON(parent),
      "mdev_type": JSON(mdevType),
    ]
  }

  /// `0x1af4`: identifiers are written as people compare them.
  private static func identifier(_ number: (some BinaryInteger)?, digits: Int) -> JSON {
    JSON(number.map { "0x" + hexadecimal($0, digits: digits) })
  }
}

extension ListedDevice.Details {
  /// What `list --json` has only with `--details`; null is what the kernel does not say.
  fileprivate var members: KeyValuePairs<String, JSON> {
    [
      "reset_methods": JSON(resetMethods),
      "driver_override": JSON(driverOverride),
      "numa_node": JSON(numaNode),
    ]
  }
}
