import TestSupport
import Testing

@Suite("list")
struct ListTests {
  /// A machine with a group that is ready, one that a host driver blocks, and a mediated device.
  private static func machine() throws -> Tree {
    let tree = try Tree()
    try tree.pci(
      "0000:3b:00.2", driver: "mlx5_vfio_pci", group: 12, classCode: "EE0000", ids: "5649:0001", subsystem: "5649:0002")
    try tree.vfio(3, is: "0000:3b:00.2", number: "510:3")
    try tree.groupNode("12", number: "509:12")
    try tree.pci("0000:00:1f.0", group: 40)
    try tree.pci("0000:00:1f.3", driver: "snd_hda_intel", group: 40)
    try tree.mdev("b1a2f0a4-0a2e-4a9d-9c3e-8b4f4e2c0001", group: 51)
    return tree
  }

  private func report(_ arguments: String...) throws -> ParsedJSON {
    let run = try Invocation(["list", "--json"] + arguments).finish()
    #expect(run.status == .exited(0))
    #expect(run.errors.isEmpty)
    #expect(run.lines.count == 1)
    return try ParsedJSON(run.output)
  }

  @Test("prints the simulated machine as columns under their headings")
  func demoText() throws {
    let run = try vfioscope("list", "--demo")
    #expect(run.status == .exited(0))
    #expect(run.errors.isEmpty)
    let words = run.lines.map { $0.split(separator: " ").map(String.init) }
    #expect(words[0] == ["GROUP", "DEVICE", "DRIVER", "VERDICT", "NODE", "WHAT"])
    #expect(words.contains { $0.starts(with: ["12", "0000:3b:00.2", "sim-v2", "ready", "/dev/vfio/12"]) })
    #expect(run.lines.contains("group 1 is not viable: 0000:00:1f.3 is bound to snd_hda_intel"))
    let column = try #require(run.lines[0].firstRange(of: "DRIVER")).lowerBound.utf16Offset(in: run.lines[0])
    let row = try #require(run.lines.first { $0.contains("sim-v1") })
    #expect(row.dropFirst(column).hasPrefix("sim-v1 "))
  }

  @Test("--json has the simulated machine's groups and says that they are simulated")
  func demoJSON() throws {
    let report = try report("--demo")
    #expect(report["schema"] == "vfioscope.list/1")
    #expect(report["iommu"] == ["state": "simulated", "advice": []])
    #expect(report["groups"]?.elements.map { $0["id"] } == [1, 12, 13, 14, 27])
    #expect(report["groups"]?.elements.map { $0["viable"] } == [false, true, true, true, true])
    #expect(report["ungrouped"] == [])
  }

  @Test("--json has everything of a group and its device, and null for what is not known")
  func group() throws {
    let tree = try Self.machine()
    let group = try #require(try report("--root", tree.path)["groups"]?.elements.first)
    #expect(
      group == [
        "id": 12, "type": "DMA-FQ", "name": nil, "node": "/dev/vfio/12", "viable": true, "verdict": "ready",
        "explanation": "ready: 0000:3b:00.2", "blocked_by": [],
        "devices": [
          [
            "address": "0000:3b:00.2", "bus": "pci", "driver": "mlx5_vfio_pci", "vfio": true, "vendor_id": "0x5649",
            "device_id": "0x0001", "subsystem_vendor_id": "0x5649", "subsystem_id": "0x0002",
            "class_code": "0xee0000", "vendor_name": nil, "device_name": nil, "class_name": nil,
            "node": "/dev/vfio/devices/vfio3", "physical_function": nil, "virtual_functions": [], "parent": nil,
            "mdev_type": nil,
          ]
        ],
      ])
  }

  @Test("--json has a device's details when they are asked for, and null for what the kernel does not say")
  func details() throws {
    let tree = try Self.machine()
    try tree.write("\(tree.pciPlace)/0000:3b:00.2/reset_method", "flr bus\n")
    try tree.write("\(tree.pciPlace)/0000:3b:00.2/numa_node", "1\n")
    let groups = try #require(try report("--root", tree.path, "--details")["groups"]).elements
    let device = try #require(groups.first?["devices"]?.elements.first)
    #expect(device["reset_methods"] == ["flr", "bus"])
    #expect(device["driver_override"] == .null)
    #expect(device["numa_node"] == 1)
  }

  @Test("--details of the simulated machine reads nothing of this one")
  func demoDetails() throws {
    let devices = try #require(try report("--demo", "--details")["groups"]).elements.flatMap {
      $0["devices"]?.elements ?? []
    }
    #expect(devices.count == 6)
    for device in devices {
      for key in ["reset_methods", "driver_override", "numa_node"] { #expect(device[key] == .null) }
    }
  }

  @Test("--json names the device and the driver that keep a group from being viable")
  func blocked() throws {
    let tree = try Self.machine()
    let groups = try #require(try report("--root", tree.path)["groups"]).elements
    let group = try #require(groups.first { $0["id"] == 40 })
    #expect(group["viable"] == false)
    #expect(group["verdict"] == "not viable")
    #expect(group["blocked_by"] == ["0000:00:1f.3 is bound to snd_hda_intel"])
    #expect(group["devices"]?.elements.map { $0["driver"] } == [nil, "snd_hda_intel"] as [ParsedJSON])
  }

  @Test("--json has mediated devices with what they were made from")
  func mediated() throws {
    let tree = try Self.machine()
    let groups = try #require(try report("--root", tree.path)["groups"]).elements
    let device = try #require(groups.first { $0["id"] == 51 }?["devices"]?.elements.first)
    #expect(device["address"] == "b1a2f0a4-0a2e-4a9d-9c3e-8b4f4e2c0001")
    #expect(device["bus"] == "mdev")
    #expect(device["mdev_type"] == "mtty-2")
    #expect(device["vendor_id"] == .null)
  }

  @Test("lists the same machine as text")
  func rootText() throws {
    let tree = try Self.machine()
    let run = try vfioscope("list", "--root", tree.path)
    #expect(run.status == .exited(0))
    let words = run.lines.map { $0.split(separator: " ").map(String.init) }
    #expect(words.contains { $0.starts(with: ["12", "0000:3b:00.2", "mlx5_vfio_pci", "ready", "/dev/vfio/12"]) })
    #expect(words.contains { $0.starts(with: ["40", "0000:00:1f.0", "-", "not", "viable", "-"]) })
    #expect(run.lines.contains("group 40 is not viable: 0000:00:1f.3 is bound to snd_hda_intel"))
  }

  @Test("a machine without devices is listed, with what to do about its IOMMU")
  func empty() throws {
    let tree = try Tree()
    let run = try vfioscope("list", "--root", tree.path)
    #expect(run.status == .exited(0))
    #expect(run.lines.first == "No devices.")
    #expect(run.lines.contains { $0.hasPrefix("No IOMMU is on") })
    let report = try report("--root", tree.path)
    #expect(report["groups"] == [])
    #expect(report["ungrouped"] == [])
    #expect(report["iommu"]?["state"] == "off")
  }

  @Test("a folder without sys is no machine", arguments: [[], ["--json"]])
  func noSys(arguments: [String]) throws {
    let tree = try Tree()
    tree.delete("sys")
    let run = try Invocation(["list", "--root", tree.path] + arguments).finish()
    #expect(run.status == .exited(3))
    #expect(run.output.isEmpty)
    #expect(run.errorLines.count == 1)
    #expect(run.errors.hasPrefix("vfioscope: \(tree.path)/sys: No such file or directory"))
    #expect(run.errors.contains("--root"))
  }

  @Test("text from a file reaches the terminal with its control characters shown, not sent")
  func escaped() throws {
    let tree = try Tree()
    try tree.pci("0000:01:00.0", driver: "evil\u{1B}[31mdriver\u{7}", group: 1)
    let run = try vfioscope("list", "--root", tree.path)
    #expect(run.status == .exited(0))
    #expect(run.output.contains("evil␛[31mdriver␇"))
    #expect(run.output.utf8.allSatisfy { $0 >= 0x20 || $0 == UInt8(ascii: "\n") })
  }
}
