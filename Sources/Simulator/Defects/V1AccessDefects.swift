import VFIO

/// Devices of protocol v1 whose registers are not accessed as they should be.
enum V1AccessDefects {
  static let all: [Defect] = [
    // What mlx5 and hisi_acc, as posted with protocol v1, and libvfio-user do.
    Defect("V1-ACC-05") {
      var interference = Interference()
      interference.read = { call, forward in
        call.register == MigrationRegion.Register.reserved ? .failure(call.refused(.EINVAL)) : forward(call)
      }
      return interference
    }
  ]
}
