// Tries inputs on one of the targets until one of them ends the program: `Fuzz TARGET` and libFuzzer's own arguments.
import CFuzzDriver
import FuzzTargets
import Glibc

guard CommandLine.argc > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
  print("usage: Fuzz \(FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")) [ARGUMENT OF LIBFUZZER…]")
  exit(2)
}
/// The target's name is no argument of the fuzzer's.
var arguments: [UnsafeMutablePointer<CChar>?] =
  (CommandLine.arguments.prefix(1) + CommandLine.arguments.dropFirst(2)).map { strdup($0) } + [nil]
setenv("FUZZ_TARGET", target.rawValue, 1)
var count = Int32(arguments.count - 1)
let status = arguments.withUnsafeMutableBufferPointer { buffer in
  var start = buffer.baseAddress
  return LLVMFuzzerRunDriver(&count, &start) { bytes, size in
    FuzzTarget.chosen?.run(Array(UnsafeBufferPointer(start: bytes, count: size)))
    return 0
  }
}
exit(status)
