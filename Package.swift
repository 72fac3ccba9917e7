// swift-tools-version: 6.2
import PackageDescription

/// Members come from modules that the file itself imports: a dependency that imports Foundation would otherwise lend us
/// its String methods and quadruple the binary. In CI a warning is an error; on a user's machine a newer compiler's new
/// warning must not stop the build.
let strict: [SwiftSetting] =
  [.swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility")]
  + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// The static libraries bring 42,000 addresses that are adjusted when the program starts. As a table of bits they take
/// 1 MB less of the file and of memory; the runtime needs glibc 2.36 for it. Only this linker can write it and leave out
/// what is not used.
let packedRelocations = ["-use-ld=bfd", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: strict)
}

/// The fuzzer links only with `-sanitize=fuzzer`: Tests/Fuzz/run builds it.
let fuzzing: [Target] =
  Context.environment["FUZZ"] == nil
  ? []
  : [
    .target(name: "CFuzzDriver", path: "Tests/Fuzz/Driver"),
    .executableTarget(
      name: "Fuzz", dependencies: ["FuzzTargets", "CFuzzDriver"], path: "Tests/Fuzz/Program", swiftSettings: strict),
  ]

let package = Package(
  name: "vfioscope",
  products: [.executable(name: "vfioscope", targets: ["vfioscope"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    .target(name: "CVFIO"),
    .target(
      name: "CNcurses",
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(name: "CResources"),
    .target(name: "CChecksum"),

    module("VFIO", ["CVFIO"]),
    module("Migration", ["VFIO", "CChecksum"]),
    module("Simulator", ["VFIO", "CResources", .product(name: "TOMLKit", package: "TOMLKit")]),
    module("Rulebook", ["Migration", "VFIO", "CResources", .product(name: "TOMLKit", package: "TOMLKit")]),
    module("Inventory"),
    module("Terminal", ["CNcurses"]),
    module("Inspector", ["Rulebook", "Inventory", "Simulator", "Migration", "VFIO", "Terminal"]),
    .executableTarget(
      name: "vfioscope",
      dependencies: ["Inspector", "Rulebook", "Inventory", "Simulator", "Migration", "VFIO", argumentParser],
      swiftSettings: strict, linkerSettings: [.unsafeFlags(packedRelocations, .when(configuration: .release))]),

    .target(
      name: "TestSupport", dependencies: ["VFIO", "Inventory"], path: "Tests/TestSupport", swiftSettings: strict),
    tests("VFIOTests", ["VFIO", "CVFIO", "TestSupport"]),
    tests("MigrationTests", ["Migration", "CChecksum", "Simulator", "TestSupport"]),
    tests("SimulatorTests", ["Simulator", "VFIO", "TestSupport"]),
    tests("RulebookTests", ["Rulebook", "Simulator", "Migration", "VFIO", "TestSupport"]),
    tests("InventoryTests", ["Inventory", "TestSupport"]),
    tests("TerminalTests", ["Terminal"]),
    tests("InspectorTests", ["Inspector", "TestSupport"], exclude: ["Screens"]),
    tests("CommandTests", ["TestSupport", "vfioscope", "Migration", "VFIO"]),
    .executableTarget(
      name: "TerminalProbe", dependencies: ["Terminal"], path: "Tests/TerminalProbe", swiftSettings: strict),
    .executableTarget(
      name: "StepBenchmark", dependencies: ["Migration", "Simulator", "VFIO"], path: "Tests/Benchmarks/Steps",
      swiftSettings: strict),
    .target(name: "CLoop", path: "Tests/Benchmarks/CLoop"),
    .target(name: "CPair", dependencies: ["CLoop"], path: "Tests/Benchmarks/CPair"),
    .executableTarget(
      name: "TransferBenchmark", dependencies: ["CLoop", "CPair", "Migration", "Simulator", "VFIO"],
      path: "Tests/Benchmarks/Transfer", swiftSettings: strict),
    .target(
      name: "FuzzTargets", dependencies: ["Migration", "Simulator", "VFIO"], path: "Tests/Fuzz/Targets",
      swiftSettings: strict),
    tests("FuzzTests", ["FuzzTargets"], path: "Tests/Fuzz/Replay"),
    tests("ScreenTests", ["TestSupport", "vfioscope", "TerminalProbe"], path: "Tests/Terminal"),
  ] + fuzzing
)
