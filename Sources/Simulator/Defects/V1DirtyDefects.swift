import VFIO

/// Devices of protocol v1 whose container logs dirty pages as it should not.
enum V1DirtyDefects {
  private typealias Hooks = AddressSpaceInterference
  private typealias LogFlag = DirtyCall.LogFlag

  static let all: [Defect] = [
    Defect("V1-DIRTY-01") {
      space { hooks in
        hooks.info = { _, forward in forward(()).map { AddressSpaceInfo(pageSizes: $0.pageSizes, logging: nil) } }
      }
    },
    Defect("V1-DIRTY-03") {
      following { isOn, hooks in
        let follow = hooks.startLogging
        hooks.startLogging = { asked, forward in
          if isOn.now { return .failure(DeviceError(.dirtyPagesStart, .EINVAL)) }
          return follow?(asked, forward) ?? forward(asked)
        }
      }
    },
    Defect("V1-DIRTY-04") {
      following { isOn, hooks in
        hooks.readLog = { bitmap, forward in isOn.now ? forward(bitmap) : .success(bitmap) }
      }
    },
    Defect("V1-DIRTY-05") {
      space { hooks in
        hooks.attempt = { call, forward in
          call.kind == .dirtyPages && call.flags == LogFlag.start | LogFlag.stop ? .success(()) : forward(call)
        }
      }
    },
    Defect("V1-DIRTY-06") { reading { bitmap, _ in bitmap.pageSize > 4096 } },
    Defect("V1-DIRTY-07") { reading { bitmap, _ in !bitmap.range.iova.isMultiple(of: 4096) } },
    Defect("V1-DIRTY-08") {
      reading { bitmap, mapped in bitmap.range.length == mapped / 2 && bitmap.pageSize == 4096 }
    },
    Defect("V1-DIRTY-09") {
      space { hooks in
        hooks.attempt = { call, forward in
          call.kind == .dirtyPages && call.bitmapSize * 8 < call.range.length / 4096 && call.flags == LogFlag.getBitmap
            ? .success(()) : forward(call)
        }
      }
    },
    Defect("V1-DIRTY-10") {
      following { isOn, hooks in
        let follow = hooks.stopLogging
        hooks.stopLogging = { asked, forward in
          if !isOn.now { return .failure(DeviceError(.dirtyPagesStop, .EINVAL)) }
          return follow?(asked, forward) ?? forward(asked)
        }
      }
    },
    Defect("V1-DIRTY-11") {
      space { hooks in
        hooks.attempt = { call, forward in
          call.kind == .unmap && call.flags & DirtyCall.UnmapFlag.all != 0 ? .success(()) : forward(call)
        }
      }
    },
  ]

  private static func space(_ change: (inout Hooks) -> Void) -> Interference {
    var hooks = Hooks()
    change(&hooks)
    var interference = Interference()
    interference.addressSpace = { [hooks] _, forward in forward(()).map { InterferedAddressSpace($0, hooks) } }
    return interference
  }

  /// With an eye on whether the log is on.
  private static func following(_ change: (Remembered<Bool>, inout Hooks) -> Void) -> Interference {
    let isOn = Remembered(false)
    return space { hooks in
      hooks.startLogging = { _, forward in
        isOn.now = true
        return forward(())
      }
      hooks.stopLogging = { _, forward in
        isOn.now = false
        return forward(())
      }
      change(isOn, &hooks)
    }
  }

  /// Some calls that read the log succeed and do nothing.
  ///
  /// - Parameter isTaken: gets the bitmap that is asked for, and how many bytes were mapped last.
  private static func reading(_ isTaken: @escaping @Sendable (DirtyBitmap, UInt64) -> Bool) -> Interference {
    let mapped = Remembered<UInt64>(0)
    return space { hooks in
      hooks.map = { call, forward in
        mapped.now = UInt64(call.memory.count)
        return forward(call)
      }
      hooks.readLog = { bitmap, forward in isTaken(bitmap, mapped.now) ? .success(bitmap) : forward(bitmap) }
    }
  }
}
