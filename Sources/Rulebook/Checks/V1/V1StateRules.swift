extension Checks {
  /// How protocol v1 is found and accessed, its states, errors and resets.
  static let v1States: [Check] =
    V1Discovery.checks + V1Access.checks + V1WindowPlace.checks + V1States.checks + V1Changes.checks
    + V1OwnStates.checks + V1Errors.checks + V1Reset.checks
}
