import Simulator
import TestSupport
import Testing
import VFIO

@testable import Rulebook

/// Whether a device can be migrated by QEMU: its accesses as its code makes them, from a source to a destination.
@Suite("QEMU")
struct QEMUTests {
  // MARK: v1

  /// SPDK's is small as it is.
  private func small(_ profile: String) -> String { profile == "spdk-v1" ? profile : "\(profile),size=128K" }

  private static let v1Devices = ["v1-reference", "mlx5-v1", "hisi-v1", "libvfio-user-v1", "spdk-v1", "qemu-v1"]

  @Test("6.2 migrates a device of v1 while its guest works", arguments: v1Devices)
  func migrates(profile: String) throws {
    let source = try V1Machine("\(small(profile)),dirty=1M,seed=3")
    let destination = try V1Machine("\(small(profile)),seed=9")
    #expect(try source.memory != destination.memory)
    try destination.load(try source.migrate())
    #expect(try source.state == .stop)
    #expect(try destination.state == .running)
    #expect(try source.memory == destination.memory)
  }

  @Test("6.2 migrates it when it can't map", arguments: v1Devices.filter { $0 != "spdk-v1" })
  func migratesSlowly(profile: String) throws {
    let source = try V1Machine("\(profile),size=16K,dirty=1M,seed=3", maps: false)
    let destination = try V1Machine("\(profile),size=16K,seed=9", maps: false)
    try destination.load(try source.migrate())
    #expect(try source.memory == destination.memory)
    // Registers by their widths, data by no more than 8 bytes.
    for machine in [source, destination] {
      let counts = machine.recording.accesses.compactMap { access -> Int? in
        switch access.operation {
        case .read(9, _, let count), .write(9, _, let count): count
        default: nil
        }
      }
      #expect(Set(counts).isSubset(of: [1, 2, 4, 8]))
    }
  }

  @Test("6.2 migrates a paused guest", arguments: v1Devices)
  func migratesPaused(profile: String) throws {
    let source = try V1Machine("\(small(profile)),seed=3", guestRuns: false)
    // This way is not in the table of libvfio-user.
    if ["libvfio-user-v1", "spdk-v1"].contains(profile) {
      #expect(throws: V1Machine.Failure.fails(.EINVAL)) { try source.beginSaving() }
      return #expect(try source.state == .stop)
    }
    let destination = try V1Machine("\(small(profile)),seed=9")
    try destination.load(try source.migrate())
    #expect(try source.memory == destination.memory)
    #expect(try destination.state == .running)
  }

  @Test("6.2 cuts a chunk in two where the destination's window ends", arguments: [true, false])
  func cuts(maps: Bool) throws {
    let source = try V1Machine("qemu-v1,size=128K,chunk=48K,window=48K,seed=3")
    let chunks = try source.migrate()
    #expect(chunks.first?.count == 48 << 10)
    let destination = try V1Machine("qemu-v1,size=128K,chunk=32K,window=32K,seed=9", maps: maps)
    try destination.load(chunks)
    #expect(try source.memory == destination.memory)
    let sizes = destination.recording.accesses.filter { $0.register == "data_size" }
      .compactMap { $0.payload.number(UInt64.self, at: 0) }
    #expect(sizes.prefix(2) == [32 << 10, 16 << 10])
  }

  @Test("6.2 gives a migration up, from pre-copy or from stop-copy, and migrates again", arguments: [true, false])
  func givesUp(inPreCopy: Bool) throws {
    let source = try V1Machine("qemu-v1,size=128K,dirty=1M,seed=3")
    try source.beginSaving()
    try source.askPending()
    #expect(try source.nextChunk() != nil)
    if !inPreCopy {
      try source.stopGuest()
      #expect(try source.state == .stopCopy)
    }
    try source.giveUp()
    #expect(try source.state == .running)
    if !inPreCopy { try source.startGuest() }
    let destination = try V1Machine("qemu-v1,size=128K,seed=9")
    try destination.load(try source.migrate())
    #expect(try source.memory == destination.memory)
  }

  @Test("6.2 writes a snapshot of a device of v1, and the guest goes on")
  func snapshot() throws {
    let source = try V1Machine("qemu-v1,size=128K,seed=3")
    try source.stopGuest(forSnapshot: true)
    #expect(try source.state == .stopCopy)
    let data = try source.endSaving()
    let destination = try V1Machine("qemu-v1,size=128K,seed=9")
    try destination.load(data)
    #expect(try source.memory == destination.memory)
    try source.startGuest()
    #expect(try source.state == .running)
  }

  @Test(
    "may access the configuration space while its device is saved and loaded", arguments: ["stop-copy", "resuming"])
  func configuration(state: String) throws {
    let device = try SimulatedDevice.open("qemu-v1,size=64K,state=\(state)").withDefect
    let config = try device.region(Region.pciConfigIndex)
    let command = try device.bytes(in: config, at: 4, count: 2)
    #expect(try device.write(config, at: 4, from: command.span.bytes) == 2)
  }

  /// Every access to the registers, with the number that was written or read where it is told beforehand.
  private func words(_ machine: V1Machine) -> [String] {
    machine.recording.accesses.compactMap { access in
      guard let register = access.register else { return nil }
      let state = access.payload.number(UInt32.self, at: 0) ?? 0
      let number = register == "device_state" ? " \(state)" : ""
      switch access.operation {
      case .read(_, _, let count): return "R\(count) \(register)\(number)"
      case .write(_, _, let count): return "W\(count) \(register)\(number)"
      default: return nil
      }
    }
  }

  @Test("6.2 accesses the registers in this order, and no others")
  func order() throws {
    let source = try V1Machine("qemu-v1,size=4K,seed=3")
    let destination = try V1Machine("qemu-v1,size=4K,seed=9")
    try destination.load(try source.migrate())
    let chunk = ["R8 data_offset", "R8 data_size"]
    let saved =
      ["R4 device_state 1", "W4 device_state 1"]  // the guest starts
      + ["R4 device_state 1", "W4 device_state 3"]
      + ["R8 pending_bytes"] + chunk + ["R8 pending_bytes", "R8 pending_bytes"]
      + ["R4 device_state 3", "W4 device_state 2"]
      + ["R4 device_state 2", "W4 device_state 2"]
      + ["R8 pending_bytes"] + chunk + ["R8 pending_bytes"]
      + ["R4 device_state 2", "W4 device_state 0"]
    #expect(words(source) == saved)
    let put = ["R8 data_offset", "W8 data_size"]
    let loaded =
      ["R4 device_state 1", "W4 device_state 1", "R4 device_state 1", "W4 device_state 4"] + put + put
      + ["R4 device_state 4", "W4 device_state 1"]
    #expect(words(destination) == loaded)
  }

  @Test("6.2 reads the state again when a change fails, and ends itself in ERROR", arguments: [false, true])
  func failure(isError: Bool) throws {
    let source = try V1Machine("v1-reference,size=64K,fail=pre-copy:EIO\(isError ? ":error" : "")")
    #expect(throws: isError ? V1Machine.Failure.aborts : .fails(.EIO)) { try source.beginSaving() }
    #expect(
      words(source).suffix(3) == ["R4 device_state 1", "W4 device_state 3", "R4 device_state \(isError ? 6 : 1)"])
  }

  // MARK: v2

  /// All that there are, and QEMU's with fewer states.
  private static let v2Devices =
    ["v2-reference", "mlx5", "hisi-acc", "pds", "mtty", "libvfio-user", "qemu", "qemu,flags=1", "qemu,flags=3"]
    + ["qemu,flags=5", "qemu,stall=3", "qemu,logging=no"]

  @Test("9.1 and 11.1 migrate a device of v2", arguments: v2Devices, [V2Machine.Version.nine, .eleven])
  func migrates(device: String, version: V2Machine.Version) throws {
    for guestRuns in [true, false] {
      let source = try V2Machine("\(device),size=128K,dirty=1M,seed=3", version: version, guestRuns: guestRuns)
      let destination = try V2Machine("\(device),size=128K,seed=9", version: version)
      #expect(try source.memory != destination.memory)
      try destination.load(try source.migrate())
      #expect(try source.realState == .stop)
      #expect(try destination.realState == .running)
      #expect(try source.memory == destination.memory)
    }
  }

  @Test("gives a migration of v2 up, and migrates again", arguments: ["qemu", "qemu,flags=3"])
  func givesUp(device: String) throws {
    let source = try V2Machine("\(device),size=128K,dirty=1M,seed=3")
    for isStopped in [false, true] {
      try source.beginSaving()
      if isStopped { try source.stopGuest(migrating: true) }
      try source.giveUp()
      #expect(try source.realState == .running)
    }
    let destination = try V2Machine("\(device),size=128K,seed=9")
    try destination.load(try source.migrate())
    #expect(try source.memory == destination.memory)
  }

  private func words(_ machine: V2Machine) -> [String] {
    machine.recording.accesses.compactMap { access in
      switch access.operation {
      case .feature(_, let flags):
        let asked = FeatureFlags(rawValue: flags)
        let state = asked.of(.migDeviceState) == flags ? access.payload.number(UInt32.self, at: 0) : nil
        return state.map { "SET \(V2State(rawValue: $0).protocolName)" } ?? asked.description
      case .streamRead(let count): return "read \(count)"
      case .streamWrite: return "write"
      case .precopyInfo: return "PRECOPY_INFO"
      case .streamClose: return "close"
      case .reset: return "reset"
      default: return nil
      }
    }
  }

  @Test("11.1 makes these calls in this order, and never asks for the state")
  func v2Order() throws {
    let source = try V2Machine("qemu,size=4K,seed=3")
    let destination = try V2Machine("qemu,size=4K,seed=9")
    try destination.load(try source.migrate())
    let found = ["GET MIGRATION", "SET MIG_PRECOPY_INFOv2", "PROBE|SET DMA_LOGGING_START"]
    let (ask, read) = (["GET MIG_DATA_SIZE", "PRECOPY_INFO"], ["read \(4096 + 96)"])
    #expect(
      words(source) == found + ["GET MIG_DATA_SIZE", "SET PRE_COPY", "PRECOPY_INFO"]
        + ask + read + ask + read + ["SET PRE_COPY_P2P", "SET STOP_COPY"] + read + read + ["SET STOP", "close"])
    #expect(
      words(destination) == found + ["SET RESUMING", "write", "write", "close", "SET RUNNING_P2P", "SET RUNNING"])
  }

  @Test("resets a device of v2 that does not take its data, whatever that says of its reset")
  func resets() throws {
    let destination = try V2Machine("qemu,size=64K,seed=9")
    let data = try V2Machine("qemu,size=64K,seed=3").migrate()
    #expect(throws: V2Machine.Failure.fails(.EINVAL)) { try destination.load(data.dropLast()) }
    #expect(words(destination).suffix(2) == ["SET RUNNING_P2P", "reset"])
    #expect(try destination.realState == .running)
  }

  @Test("11.1 takes a device without feature 12, but none that fails there", arguments: [Errno.ENOTTY, .EIO])
  func featureTwelve(errno: Errno) throws {
    var refusing = Interference()
    refusing.feature = { call, forward in
      call.is(.set, .migPrecopyInfoV2) ? call.refused(errno) : forward(call)
    }
    if errno == .ENOTTY {
      #expect(try !V2Machine("qemu,size=64K", refusing).migrate().isEmpty)
    } else {
      #expect(throws: V2Machine.Failure.blocked) { try V2Machine("qemu,size=64K", refusing) }
    }
  }
}
