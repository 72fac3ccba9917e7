import VFIO

/// How the registers are accessed.
enum V1Access {
  static let checks: [Check] = [
    Check("V1-ACC-05") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let before = v1.read(4, at: V1Bench.Register.reserved)
      guard before.value == [0, 0, 0, 0] else { return .broken("Reading the reserved word gives \(before), not 0.") }
      let written = v1.write([0xff, 0xff, 0xff, 0xff], at: V1Bench.Register.reserved)
      guard written.isDone else { return .broken("Writing the reserved word is refused: \(written).") }
      let after = v1.read(4, at: V1Bench.Register.reserved)
      return after.value == [0, 0, 0, 0]
        ? .kept("The reserved word reads 0, before and after it was written.")
        : .broken("After all bits were written to the reserved word it reads \(after).")
    }
  ]
}
