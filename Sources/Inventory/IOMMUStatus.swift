/// Whether an IOMMU is on, and what to do when it is not.
public struct IOMMUStatus: Sendable, Equatable {
  /// What stands between devices and memory.
  public enum State: String, Sendable {
    /// An IOMMU is on.
    case on
    /// No IOMMU is on, but VFIO hands devices out without one: they may write anywhere in memory.
    case noIOMMU = "no-IOMMU"
    /// No IOMMU is on.
    case off
  }

  /// What stands between devices and memory.
  public let state: State
  /// The IOMMUs themselves, such as `dmar0` (Intel), `ivhd0` (AMD) or `smmu3.0x...` (Arm).
  public let units: [String]
  /// The words on the kernel's command line that switch an IOMMU, such as `intel_iommu=on`.
  public let kernelWords: [String]
  /// VFIO's module parameter `enable_unsafe_noiommu_mode` is set.
  public let isUnsafeModeEnabled: Bool
  fileprivate let vendor: Vendor

  fileprivate enum Vendor: Equatable {
    case intel, amd, other
  }

  /// What is the case and what to do about it, line by line; empty when an IOMMU is on.
  public var advice: [String] {
    switch state {
    case .on: []
    case .noIOMMU:
      ["No IOMMU is on; VFIO runs in its unsafe no-IOMMU mode, in which devices may write anywhere in memory."] + remedy
    case .off: ["No IOMMU is on: the kernel lists no IOMMU groups, so VFIO can't hand out PCI devices."] + remedy
    }
  }

  private var remedy: [String] {
    let offWords = kernelWords.filter { $0.hasSuffix("=off") }
    if !offWords.isEmpty { return ["Take \(offWords.joined(separator: " and ")) off the kernel's command line."] }
    switch vendor {
    case .intel where kernelWords.contains("intel_iommu=on"):
      return ["The kernel was told intel_iommu=on: switch VT-d on in the firmware setup."]
    case .intel:
      return ["Boot the kernel with intel_iommu=on, and switch VT-d on in the firmware setup."]
    case .amd:
      return ["The kernel uses an AMD IOMMU by itself: switch AMD-Vi (IOMMU) on in the firmware setup."]
    case .other:
      return [
        "On Intel, boot the kernel with intel_iommu=on and switch VT-d on in the firmware setup.",
        "On AMD the kernel uses it by itself: switch AMD-Vi (IOMMU) on in the firmware setup.",
      ]
    }
  }
}

extension IOMMUStatus {
  init(groups: [Group], root: Root, notices: inout [Notice]) {
    units = (root.listing("sys/class/iommu", noting: &notices) ?? []).sorted()
    kernelWords = (root.readIfThere("proc/cmdline", noting: &notices)?.words ?? []).filter { $0.holds("iommu") }
    let parameter = root.readIfThere("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", noting: &notices)
    isUnsafeModeEnabled = parameter?.trimmed == "Y"
    vendor = Vendor(cpuinfo: root.readIfThere("proc/cpuinfo", noting: &notices))
    // VFIO makes groups of its own for mediated devices and for no-IOMMU mode; they prove no IOMMU.
    if groups.contains(where: { $0.name != "vfio-noiommu" }) {
      state = .on
    } else {
      state = groups.contains(where: \.isNoIOMMU) ? .noIOMMU : .off
    }
  }
}

extension IOMMUStatus.Vendor {
  init(cpuinfo: FileText?) {
    switch cpuinfo?.value(after: "vendor_id\t: ").map({ String(decoding: $0, as: UTF8.self) }) {
    case "GenuineIntel": self = .intel
    case "AuthenticAMD", "HygonGenuine": self = .amd
    default: self = .other
    }
  }
}
