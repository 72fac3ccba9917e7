import Glibc
import Migration

/// Saves and loads by one way, with chunks of several sizes.
struct TransferTable {
  let way: Way
  let size: Int
  let rounds: Int
  let clock: Clock
  let folder: String

  private var file: String { folder + "/stream" }
  private var rawFile: String { folder + "/raw" }
  private func file(with checksums: Checksums) -> String { "\(file).\(checksums.rawValue)" }

  func run(_ chunks: [Int]) throws {
    try table("save", "whole", chunks, save)
    try table("load", "check", chunks, load)
  }

  private func table(
    _ verb: String, _ last: String, _ chunks: [Int], _ measure: (Int) throws -> (rates: [Double], last: Double)
  ) throws {
    print("\n\(verb), \(way.rawValue): MiB/s, and ratio to the loop in C")
    print("(aim: 0.95 without checksums, 0.80 with)")
    let columns = ["C loop", "without", "ratio", "CRC-32C", "ratio", "SHA-256", "ratio", last, "peak MiB"]
    print(line("", columns, bar: "█ with SHA-256 ▓ without ░ C loop"))
    var most = 0.0
    for chunk in chunks {
      let (rates, last) = try measure(chunk)
      let (plain, without, checked, digested) = (rates[0], rates[1], rates[2], rates[3])
      most = max(most, rates.max() ?? 0)
      print(
        line(
          name(ofSize: chunk),
          [
            whole(plain), whole(without), ratio(without / plain), whole(checked), ratio(checked / plain),
            whole(digested), ratio(digested / plain), whole(last), whole(peakMemory()),
          ], bar: bar([digested, without, plain], of: max(most, 4000))))
    }
  }

  private func ours(checksums: Checksums) -> OurTransfer { OurTransfer(way: way, checksums: checksums, clock: clock) }

  /// The last one is the save with a digest until the file has its name.
  private func save(_ chunk: Int) throws -> (rates: [Double], last: Double) {
    let address = way.address(size: size, chunk: chunk)
    let plain = PlainLoop(way: way, chunk: chunk, clock: clock)
    let times = try bestOfEach(
      rounds,
      [
        { [try plain.save(address, to: file)] },
        { try ours(checksums: .none).save(address, to: file) },
        { try ours(checksums: .crc32c).save(address, to: file) },
        { try ours(checksums: .sha256).save(address, to: file) },
      ])
    unlink(file)
    return (times.map { rate(size, in: $0[0]) }, rate(size, in: times[3][1]))
  }

  /// The last one is the check of a whole file with checksums, before the load.
  private func load(_ chunk: Int) throws -> (rates: [Double], last: Double) {
    let address = way.address(size: size, chunk: chunk)
    let target = way.address(size: size, chunk: chunk, options: ",seed=5")
    let plain = PlainLoop(way: way, chunk: chunk, clock: clock)
    _ = try plain.save(address, to: rawFile)
    for checksums in Checksums.allCases {
      _ = try ours(checksums: checksums).save(address, to: file(with: checksums))
    }
    defer { for path in [rawFile] + Checksums.allCases.map(file) { unlink(path) } }
    let times = try bestOfEach(
      rounds,
      [
        { [try plain.load(target, from: rawFile)] },
        { try ours(checksums: .none).load(target, from: file(with: .none)) },
        { try ours(checksums: .crc32c).load(target, from: file(with: .crc32c)) },
        { try ours(checksums: .sha256).load(target, from: file(with: .sha256)) },
      ])
    return (times.map { rate(size, in: $0[0]) }, rate(size, in: times[3][1]))
  }
}
