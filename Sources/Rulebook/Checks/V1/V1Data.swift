extension Checks {
  /// How protocol v1 moves data, and what the device does meanwhile.
  static let v1Data: [Check] =
    V1Saving.checks + V1OwnSaving.checks + V1Resuming.checks + V1OwnResuming.checks + V1Quiescence.checks
    + V1NDMA.checks + V1DirtyPages.checks + V1DirtyArguments.checks
}
