// A device's data by vfioscope beside a loop in plain C, on the same simulated device, into and out of the same kind of
// file, in one process. Prints the rates, and how near ours come; then how long a destination waits for us at the end.
//
// --wire does the same over vfio-user sockets, beside a client and a server in plain C that say the same.
// --cpu times with the processor time of all threads together: for a machine that does other things as well.
@preconcurrency import Glibc

let yardstick = """
  The loop in C makes the same accesses to the same simulated device, and one write(2) or read(2) of plain bytes for each
  chunk. Ours does more: each access is timed and kept in the journal, each offset and size is looked at, a map that is
  taken away is an error and not the end, each chunk goes into a frame, the file gets its name when it is whole. And one
  thing less: short frames are gathered for one write. Ours uses a second thread for the file. A rate counts all from the
  first step of the state until the data is in the file, or in the device, and the device runs; "whole" until the file has
  its SHA-256 and its name.
  """

let usage = "usage: TransferBenchmark [--wire] [--cpu] [MEBIBYTES [ROUNDS]]     (1024 MiB, the best of 3 rounds)"
var arguments = CommandLine.arguments.dropFirst()
// A server of the benchmark's own, in a process of its own.
if arguments.count == 4, arguments.first == "--serve", let kind = ServerKind(rawValue: CommandLine.arguments[2]) {
  do { try kind.serve(CommandLine.arguments[3], at: CommandLine.arguments[4]) } catch { print("server: \(error)") }
  exit(1)
}
let isWire = arguments.first == "--wire"
if isWire { arguments.removeFirst() }
let clock = arguments.first == "--cpu" ? Clock.processor : .wall
if clock == .processor { arguments.removeFirst() }
let numbers = arguments.compactMap { Int($0) }
guard numbers.count == arguments.count, numbers.count <= 2, numbers.allSatisfy({ $0 > 0 }) else {
  print(usage)
  exit(2)
}
let bytes = (numbers.first ?? 1024) << 20
let rounds = numbers.dropFirst().first ?? 3
let chunks = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20]
setvbuf(stdout, nil, _IOLBF, 0)

func runAll() throws {
  print(yardstick)
  for way in Way.allCases { try SameAccesses(way: way, folder: folder).run() }
  try Bounds(bytes: bytes, clock: clock, path: folder + "/bound").run()
  for way in Way.allCases {
    try TransferTable(way: way, size: bytes, rounds: rounds, clock: clock, folder: folder).run(chunks)
  }
  print("\nfrom the last byte to a running destination, and our own share of it (aim: <= 1000 µs)")
  try EndOfStreamBenchmark(times: bytes < 1 << 30 ? 50 : 300, folder: folder).run()
}

let folder = String(cString: mkdtemp(strdup("/dev/shm/vfioscope-benchmark-XXXXXX")))
var failed = false
do {
  if isWire {
    try RoundTrip(count: bytes < 1 << 30 ? 2000 : 20_000, rounds: rounds, folder: folder).run()
    try WireTable(size: bytes, rounds: rounds, clock: clock, folder: folder).run()
  } else {
    try runAll()
  }
} catch {
  print("TransferBenchmark: \(error)")
  failed = true
}
for name in ["bound", "stream", "raw", "checked", "end", "same", "plain"] { unlink("\(folder)/\(name)") }
exit(rmdir(folder) != 0 || failed ? 1 : 0)
