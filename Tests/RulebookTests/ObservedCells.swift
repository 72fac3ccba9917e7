import Testing

@testable import Rulebook

/// What one implementation was seen to do where the sources are silent or contradict each other.
struct ObservedCell: Sendable, CustomTestStringConvertible {
  let profile: String
  let rule: String
  let verdict: Verdict
  /// What the finding has to say.
  let words: [String]
  /// A rule that is checked before, for what it leaves behind.
  var before: String? = nil

  init(_ profile: String, _ rule: String, _ verdict: Verdict, _ words: String..., after before: String? = nil) {
    (self.profile, self.rule, self.verdict, self.words, self.before) = (profile, rule, verdict, words, before)
  }

  var testDescription: String { "\(profile), \(rule)" }

  static let v1: [ObservedCell] = [
    // The reserved word.
    ObservedCell("mlx5-v1", "V1-ACC-05", .fail, "EFAULT"), ObservedCell("hisi-v1", "V1-ACC-05", .fail, "EFAULT"),
    ObservedCell("libvfio-user-v1", "V1-ACC-05", .fail, "EINVAL"),
    // Other widths.
    ObservedCell(
      "mlx5-v1", "V1-ACC-02", .warn, "16 bytes of pending_bytes give 8", "Refused: device_state with EINVAL."),
    ObservedCell("hisi-v1", "V1-ACC-02", .pass, "device_state with EFAULT", "pending_bytes with EINVAL"),
    ObservedCell("libvfio-user-v1", "V1-ACC-02", .pass, "device_state with EINVAL", "data_size with EINVAL"),
    ObservedCell("mlx5-v1", "V1-ACC-02", .warn, "1 byte of pending_bytes gives 1, 2 bytes of pending_bytes give 2"),
    // What comes outside a session is no rule's affair.
    ObservedCell("mlx5-v1", "V1-ACC-03", .pass, "In running, 0 of 8 bytes of pending_bytes come, which is left open."),
    ObservedCell("mlx5-v1", "V1-ACC-04", .pass, "offset 2: EFAULT", "offset 12: EFAULT"),
    ObservedCell("libvfio-user-v1", "V1-ACC-04", .pass, "offset 2: EINVAL"),
    ObservedCell("mlx5-v1", "V1-ACC-06", .pass, "EFAULT"), ObservedCell("hisi-v1", "V1-ACC-06", .pass, "EFAULT"),
    ObservedCell("libvfio-user-v1", "V1-ACC-06", .pass, "EINVAL"),
    ObservedCell("hisi-v1", "V1-ACC-07", .fail, "It read 32, and reads 40"),
    ObservedCell("mlx5-v1", "V1-ACC-08", .pass, "in stop-copy EINVAL"),
    ObservedCell("hisi-v1", "V1-ACC-08", .pass, "in stop-copy done"),
    ObservedCell("libvfio-user-v1", "V1-ACC-08", .pass, "in stop-copy EINVAL"),
    ObservedCell("mlx5-v1", "V1-ACC-12", .pass, "32 in stop-copy"),
    ObservedCell("hisi-v1", "V1-ACC-12", .pass, "32 in stop-copy"),
    // Reserved bits, and the error state asked for.
    ObservedCell("mlx5-v1", "V1-STATE-03", .info, "EINVAL"), ObservedCell("hisi-v1", "V1-STATE-03", .info, "EFAULT"),
    ObservedCell("libvfio-user-v1", "V1-STATE-03", .info, "done; device_state then reads 0x101"),
    ObservedCell("mlx5-v1", "V1-STATE-05", .info, "EINVAL"), ObservedCell("hisi-v1", "V1-STATE-05", .info, "EFAULT"),
    ObservedCell("libvfio-user-v1", "V1-STATE-05", .info, "done; device_state then reads error"),
    ObservedCell("spdk-v1", "V1-STATE-05", .info, "EBUSY", "then reads running"),
    // Changes that are not drawn.
    ObservedCell("mlx5-v1", "V1-STATE-13", .info, "done"), ObservedCell("hisi-v1", "V1-STATE-13", .info, "done"),
    ObservedCell("libvfio-user-v1", "V1-STATE-13", .info, "done"),
    ObservedCell("mlx5-v1", "V1-STATE-14", .info, "done"), ObservedCell("hisi-v1", "V1-STATE-14", .info, "done"),
    ObservedCell("libvfio-user-v1", "V1-STATE-14", .info, "done"),
    ObservedCell("mlx5-v1", "V1-STATE-16", .info, "done"), ObservedCell("hisi-v1", "V1-STATE-16", .info, "done"),
    ObservedCell("libvfio-user-v1", "V1-STATE-16", .info, "EINVAL", "then reads resuming"),
    ObservedCell("mlx5-v1", "V1-STATE-17", .info, "done"), ObservedCell("hisi-v1", "V1-STATE-17", .info, "done"),
    ObservedCell("libvfio-user-v1", "V1-STATE-17", .info, "EINVAL", "then reads stop"),
    ObservedCell(
      "libvfio-user-v1", "V1-STATE-18", .info, "running done; pre-copy: EINVAL",
      ", and then pre-copy; stop-copy done; stop done."),
    ObservedCell("mlx5-v1", "V1-STATE-22", .info, "10 are made"),
    ObservedCell("hisi-v1", "V1-STATE-22", .info, "10 are made"),
    ObservedCell("libvfio-user-v1", "V1-STATE-22", .info, "5 are made", "stop to pre-copy (EINVAL"),
    // Reset.
    ObservedCell("mlx5-v1", "V1-RST-01", .pass, "stop, stop-copy, pre-copy, resuming"),
    ObservedCell("libvfio-user-v1", "V1-RST-01", .warn, "In stop, a reset answers: EINVAL"),
    // Data.
    ObservedCell("mlx5-v1", "V1-RES-05", .pass, "The state is then error"),
    ObservedCell("hisi-v1", "V1-RES-05", .pass, "EINVAL", "The state is then resuming"),
    ObservedCell("mlx5-v1", "V1-RES-06", .info, "RUNNING answers: done"),
    ObservedCell("hisi-v1", "V1-RES-06", .info, "RUNNING answers: done"),
    ObservedCell(
      "mlx5-v1", "V1-SAVE-13", .info, "pending_bytes: 0 of 8 bytes", "data_offset: 32", "data_size: EINVAL"),
    ObservedCell(
      "hisi-v1", "V1-SAVE-13", .info, "pending_bytes: 65632", "data_offset: 32", "data_size: 65632",
      after: "V1-SAVE-04"),
    ObservedCell("libvfio-user-v1", "V1-SAVE-13", .info, "data_offset: EINVAL", "data_size: EINVAL"),
    ObservedCell("mlx5-v1", "V1-SAVE-12", .info, "0 times in pre-copy, 0 times in stop-copy"),
    ObservedCell("hisi-v1", "V1-SAVE-12", .info, "0 times in pre-copy, 0 times in stop-copy"),
    ObservedCell("spdk-v1", "V1-SAVE-12", .info, "0 times in stop-copy"),
    ObservedCell("mlx5-v1", "V1-SAVE-01", .pass), ObservedCell("hisi-v1", "V1-SAVE-01", .pass),
    ObservedCell("libvfio-user-v1", "V1-SAVE-01", .pass),
    ObservedCell("libvfio-user-v1", "V1-QUI-03", .warn, "In stop-copy", "EINVAL"),
    ObservedCell("spdk-v1", "V1-ACC-11", .fail, "EOPNOTSUPP"),
  ]

  /// What QEMU is said to do as a client, turned round: what its device has to do, and what it need not.
  static let qemu: [ObservedCell] = [
    // Never touches the reserved word, uses the right widths, writes no other number than those of the states.
    ObservedCell("qemu-v1", "V1-ACC-05", .fail, "EINVAL"),
    ObservedCell("qemu-v1", "V1-ACC-02", .pass, "device_state with EINVAL", "pending_bytes with EINVAL"),
    ObservedCell("qemu-v1", "V1-STATE-03", .info, "EINVAL"), ObservedCell("qemu-v1", "V1-STATE-05", .info, "EINVAL"),
    // Gives up by 3 to 1 and by 2 to 1, asks for 0 to 2 and for 0 to 1, and for the state that is there.
    ObservedCell("qemu-v1", "V1-STATE-13", .info, "done"), ObservedCell("qemu-v1", "V1-STATE-14", .info, "done"),
    ObservedCell("qemu-v1", "V1-STATE-15", .info, "done"), ObservedCell("qemu-v1", "V1-STATE-17", .info, "done"),
    ObservedCell("qemu-v1", "V1-STATE-18", .info, "running done", "stop-copy done"),
    // Needs 1 to 2, 4 to 1 and 2 to 0. Never leaves RESUMING for STOP.
    ObservedCell("qemu-v1", "V1-STATE-22", .info, "EINVAL"), ObservedCell("qemu-v1", "V1-STATE-16", .info, "EINVAL"),
    ObservedCell("qemu-v1", "V1-STATE-08", .pass), ObservedCell("qemu-v1", "V1-STATE-12", .pass),
    ObservedCell("qemu-v1", "V1-STATE-10", .pass),
    // Ends itself in ERROR; leaves RESUMING when its source has sent nothing; loses what comes behind a data_size of 0.
    ObservedCell("qemu-v1", "V1-RES-05", .pass, "EINVAL", "The state is then resuming"),
    ObservedCell("qemu-v1", "V1-RES-06", .info, "RUNNING answers: done"),
    ObservedCell("qemu-v1", "V1-SAVE-12", .info, "0 times in pre-copy, 0 times in stop-copy"),
    // Reads no register outside a session, pending_bytes once for each chunk, and resets only when a machine is made.
    ObservedCell("qemu-v1", "V1-SAVE-13", .info, "pending_bytes: EINVAL", "data_offset: EINVAL", "data_size: EINVAL"),
    ObservedCell("qemu-v1", "V1-SAVE-01", .pass), ObservedCell("qemu-v1", "V1-SAVE-10", .pass),
    ObservedCell("qemu-v1", "V1-RST-01", .warn, "EINVAL"),
    // Takes for granted that it runs; fails when data are refused, and always sends some.
    ObservedCell("qemu", "V2-STATE-02", .info, "RUNNING"),
    ObservedCell("qemu", "V2-RES-01", .pass, "altered: the data fd answers EINVAL"),
    ObservedCell("qemu", "V2-RES-04", .info, "EINVAL"),
    // Takes ENOMSG and 0 for nothing now; resets whatever is said of it, and instead of a SET in ERROR.
    ObservedCell("qemu", "V2-FD-07", .pass, "ENOMSG"),
    ObservedCell("qemu", "V2-RST-03", .info, "cannot be reset; reset answers: done"),
    ObservedCell("qemu", "V2-ERR-01", .pass, "reset to RUNNING"),
    // Asks for reports in the host's pages. Never goes into PRE_COPY_P2P but from PRE_COPY.
    ObservedCell("qemu", "V2-LOG-06", .pass), ObservedCell("qemu", "V2-ARC-13", .fail),
    ObservedCell("qemu", "V2-ARC-12", .fail),
  ]

  static let v2: [ObservedCell] =
    ["mlx5", "hisi-acc", "pds", "mtty", "libvfio-user"].map { ObservedCell($0, "V2-STATE-02", .info, "RUNNING") } + [
      ObservedCell("mlx5", "V2-DISC-03", .pass, "7"), ObservedCell("hisi-acc", "V2-DISC-03", .pass, "1"),
      ObservedCell("pds", "V2-DISC-03", .pass, "3"), ObservedCell("mtty", "V2-DISC-03", .pass, "7"),
      ObservedCell("libvfio-user", "V2-DISC-03", .pass, "5"),
      // Bad data.
      ObservedCell("mlx5", "V2-RES-01", .pass, "altered: the data fd answers EINVAL"),
      ObservedCell("mlx5", "V2-RES-02", .info, "then in STOP."),
      ObservedCell("hisi-acc", "V2-RES-01", .pass, "altered: leaving RESUMING answers EINVAL"),
      ObservedCell("hisi-acc", "V2-RES-02", .info, "then in RESUMING."),
      ObservedCell("hisi-acc", "V2-ARC-22", .pass, "EINVAL", "the state is RESUMING"),
      ObservedCell(
        "mtty", "V2-RES-01", .pass, "Half of the data: leaving RESUMING answers EINVAL", "the data fd answers EFAULT"),
      ObservedCell("mtty", "V2-RES-02", .info, "then in RESUMING."),
      // No data.
      ObservedCell("mlx5", "V2-RES-04", .info, "all was taken"),
      ObservedCell("mtty", "V2-RES-04", .info, "answers EINVAL"),
      // Nothing left in PRE_COPY, and nothing ready.
      ObservedCell("mlx5", "V2-FD-07", .pass, "ENOMSG"), ObservedCell("hisi-acc", "V2-FD-07", .skip, "no PRE_COPY"),
      ObservedCell("mtty", "V2-FD-07", .warn, "a read answers 0"), ObservedCell("mlx5", "V2-FD-09", .pass, "EAGAIN"),
      ObservedCell("mtty", "V2-PRE-08", .info, "come back"), ObservedCell("mtty", "V2-LOG-08", .fail, "is done"),
      ObservedCell("mtty", "V2-LOG-05", .info, "done too"), ObservedCell("mtty", "V2-SIZE-02", .info, "says 96"),
      // Reset.
      ObservedCell("mlx5", "V2-RST-03", .pass, "can be reset"),
      ObservedCell("hisi-acc", "V2-RST-03", .pass, "can be reset"),
      ObservedCell("mtty", "V2-RST-03", .info, "cannot be reset; reset answers: done"),
      ObservedCell("libvfio-user", "V2-RST-01", .fail, "Reset in STOP answers EINVAL"),
      ObservedCell("pds", "V2-ERR-01", .pass, "reset to RUNNING"),
      ObservedCell("libvfio-user", "V2-LOG-02", .fail, "done"),
      ObservedCell("pds", "V2-SIZE-02", .info, "65536 in RUNNING"),
    ]
}
