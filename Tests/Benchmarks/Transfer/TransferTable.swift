import Glibc

/// Saves and loads by one way, with chunks of several sizes.
struct TransferTable {
  let way: Way
  let size: Int
  let rounds: Int
  let clock: Clock
  let folder: String

  private var file: String { folder + "/stream" }
  private var rawFile: String { folder + "/raw" }
  private var checkedFile: String { folder + "/checked" }

  func run(_ chunks: [Int]) throws {
    try table("save", "device", chunks, save)
    try table("load", "check", chunks, load)
  }

  private func table(
    _ verb: String, _ last: String, _ chunks: [Int], _ measure: (Int) throws -> (rates: [Double], last: Double)
  ) throws {
    print("\n\(verb), \(way.rawValue): MiB/s, and ratio to the loop in C (aim: 0.95 without checksums, 0.80 with)")
    let columns = ["C loop", "without", "ratio", "with", "ratio", last, "peak MiB"]
    print(line("", columns, bar: "█ with ▓ without ░ C loop"))
    var most = 0.0
    for chunk in chunks {
      let (rates, last) = try measure(chunk)
      let (plain, without, with) = (rates[0], rates[1], rates[2])
      most = max(most, rates.max() ?? 0)
      print(
        line(
          name(ofSize: chunk),
          [
            whole(plain), whole(without), ratio(without / plain), whole(with), ratio(with / plain), whole(last),
            whole(peakMemory()),
          ], bar: bar([with, without, plain], of: max(most, 4000))))
    }
  }

  private func ours(checksums: Bool) -> OurTransfer { OurTransfer(way: way, checksums: checksums, clock: clock) }

  /// The last one is the device alone, with nothing written.
  private func save(_ chunk: Int) throws -> (rates: [Double], last: Double) {
    let address = way.address(size: size, chunk: chunk)
    let plain = PlainLoop(way: way, chunk: chunk, clock: clock)
    let times = try bestOfEach(
      rounds,
      [
        { [try plain.save(address, to: file)] },
        { [try ours(checksums: false).save(address, to: file)] },
        { [try ours(checksums: true).save(address, to: file)] },
        { [try plain.save(address, to: nil)] },
      ])
    unlink(file)
    let rates = times.map { rate(size, in: $0[0]) }
    return (Array(rates.prefix(3)), rates[3])
  }

  /// The last one is the check of a whole file with checksums, before the load.
  private func load(_ chunk: Int) throws -> (rates: [Double], last: Double) {
    let address = way.address(size: size, chunk: chunk)
    let target = way.address(size: size, chunk: chunk, options: ",seed=5")
    let plain = PlainLoop(way: way, chunk: chunk, clock: clock)
    _ = try plain.save(address, to: rawFile)
    _ = try ours(checksums: false).save(address, to: file)
    _ = try ours(checksums: true).save(address, to: checkedFile)
    defer { for path in [rawFile, file, checkedFile] { unlink(path) } }
    let times = try bestOfEach(
      rounds,
      [
        { [try plain.load(target, from: rawFile)] },
        { try ours(checksums: false).load(target, from: file) },
        { try ours(checksums: true).load(target, from: checkedFile) },
      ])
    return (times.map { rate(size, in: $0[0]) }, rate(size, in: times[2][1]))
  }
}
