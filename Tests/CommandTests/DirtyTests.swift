import Glibc
import Migration
import Simulator
import TestSupport
import Testing

@testable import vfioscope

/// `dirty` as a user calls it, on simulated devices.
@Suite("dirty")
struct DirtyTests {
  private static let page: Double = 4096

  @Test("tells how it began, each report and how it ended, a JSON object a line", arguments: ["container", "device"])
  func json(log: String) throws {
    let device = log == "device" ? "sim:v2-reference" : "sim:v1-reference"
    let run = try vfioscope(
      "dirty", device, "--memory", "256K", "--iova", "0x200000", "--interval", "0.02", "--reports", "3", "--json")
    #expect(run.status == .exited(0))
    #expect(run.errors == "")
    let events = try run.lines.map { try ParsedJSON($0) }
    #expect(events.map { $0["event"] } == ["start", "report", "report", "report", "end"])
    for event in events {
      #expect(event["schema"] == "vfioscope.dirty/1")
      #expect(event["by"] == .string(log))
      #expect(event["ranges"] == [["iova": 0x20_0000, "length": 0x4_0000]])
      #expect(event["page_size_asked"] == 4096)
      #expect(event["page_size"] == 4096)
      #expect(event["pages"] == 64)
    }
    #expect(events[0]["dirty_pages"] == 0)
    for report in events[1...3] {
      #expect(report["all_dirty_assumed"] == false)
      #expect(report["error"] == .null)
    }
    let ending = events[4]
    #expect(ending["logging_stopped"] == true)
    #expect(ending["unmapped"] == true)
    #expect(ending["interrupted"] == false)
    #expect((ending["unmap_dirty_pages"] == .null) == (log == "device"))
    let union = try #require(events[3]["union_pages"]?.value)
    #expect(union > 0)
    #expect(try #require(ending["dirty_pages"]?.value) >= union)
  }

  @Test("finds nothing on a device that writes nothing, and all where the container can't tell")
  func extremes() throws {
    for (option, count) in [("dma=0", 0.0), ("dma=0,logging=all", 64)] {
      let run = try vfioscope(
        "dirty", "sim:v1-reference,\(option)", "--memory", "256K", "--interval", "0.01", "--reports", "2", "--json")
      let events = try run.lines.map { try ParsedJSON($0) }
      #expect(events.map { $0["dirty_pages"]?.value } == [0, count, count, count])
      #expect(events.last?["unmap_dirty_pages"]?.value == count)
    }
  }

  @Test("with --map names the ranges")
  func ranges() throws {
    let run = try vfioscope(
      "dirty", "sim:v1-reference,dma=0,logging=all", "--memory", "256K", "--interval", "0.01", "--reports", "1",
      "--json", "--map")
    let report = try ParsedJSON(run.lines[1])
    #expect(report["dirty_ranges"] == [["iova": 0x10_0000, "length": 0x4_0000]])
  }

  @Test("draws strips in ASCII where the locale has no more", arguments: [("C", "#"), ("C.UTF-8", "█")])
  func text(locale: String, full: String) throws {
    let run = try vfioscope(
      "dirty", "sim:v1-reference,dma=0,logging=all", "--memory", "32K", "--interval", "0.01", "--reports", "1", "--map",
      environment: ["LC_ALL": locale])
    #expect(run.status == .exited(0))
    #expect(
      run.lines.prefix(4) == [
        "device     sim:v1-reference,dma=0,logging=all", "range      0x100000 32768 bytes, 8 pages",
        "logged by  container", "page size  4096 asked, 4096 granted",
      ])
    let strip = String(repeating: full, count: 8)
    #expect(run.lines[4].contains("8 of 8 pages dirty  |\(strip)|  "))
    #expect(run.lines[5] == "  0x100000 |\(strip)|")
    #expect(run.lines[6].hasPrefix("8 of 8 pages were dirty in "))
    #expect(
      run.lines.suffix(2) == [
        "dirty pages reported with the unmapping: 8", "logging is stopped, the memory is unmapped",
      ])
  }

  @Test("is ended by Ctrl-C with everything given back", arguments: ["sim:v1-reference", "sim:v2-reference"])
  func interrupted(device: String) throws {
    let run = try Invocation(["dirty", device, "--interval", "3600", "--trace"])
    while try !run.errorLine().contains("START") {}
    _ = try run.line()
    run.signal(SIGINT)
    let end = try run.finish()
    #expect(end.status == .exited(0))
    #expect(end.lines.contains("interrupted"))
    #expect(end.lines.last == "logging is stopped, the memory is unmapped")
    #expect(end.errorLines.contains { $0.contains("UNMAP_DMA") })
    #expect(end.errorLines.contains { $0.contains("STOP") })
  }

  @Test("gives everything back when nobody reads its output any more")
  func closedPipe() throws {
    let run = try Invocation(["dirty", "sim:v2-reference", "--interval", "0.05", "--reports", "1000", "--trace"])
    while try !run.errorLine().contains("START") {}
    run.closeOutput()
    let end = try run.finish()
    #expect(end.status == .exited(3))
    #expect(end.errorLines.contains { $0.contains("UNMAP_DMA") })
    #expect(end.errorLines.contains { $0.contains("DMA_LOGGING_STOP") })
  }

  @Test("gives everything back when its output can't be written")
  func fullDisk() throws {
    let script = "exec \(try builtProgram("vfioscope")) dirty sim:v2-reference --trace >/dev/full"
    let run = try Invocation(["-c", script], program: "/bin/sh").finish()
    #expect(run.status == .exited(3))
    #expect(run.errorLines.contains { $0.contains("SET DMA_LOGGING_STOP = 0") })
    #expect(run.errorLines.contains { $0.contains("UNMAP_DMA") })
  }

  @Test(
    "says on one line why there is nothing to watch",
    arguments: [
      ("sim:v1-reference,logging=no", [], "neither the device nor its container can log dirty pages"),
      ("sim:v2-reference,logging=no", [], "neither the device nor its container can log dirty pages"),
      (
        "sim:v1-reference", ["--by", "device"],
        "ENOTTY (Inappropriate ioctl for device): the device logs no dirty pages, but the container does; "
          + "say --by container"
      ),
      (
        "sim:v2-reference", ["--by", "container"],
        "ENOTTY (Inappropriate ioctl for device): the container logs no dirty pages, but the device does; "
          + "say --by device"
      ),
      ("sim:v1-reference,logging=no", ["--by", "container"], "neither the device nor its container"),
      ("sim:v2-reference,logging=no", ["--by", "device"], "neither the device nor its container"),
    ] as [(String, [String], String)])
  func refused(device: String, options: [String], why: String) throws {
    let run = try Invocation(["dirty", device] + options).finish()
    #expect(run.status == .exited(3))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains(why))
    #expect(run.output == "")
  }

  @Test(
    "takes no range, count or time that makes no sense",
    arguments: [
      ["--iova", "0x100001"], ["--memory", "5000"], ["--memory", "0"], ["--memory", "65G"], ["--memory", "2m"],
      ["--memory", "-4K"], ["--iova", "+4096"], ["--memory", "99999999999G"], ["--page-size", "5000"],
      ["--page-size", "0"], ["--reports", "0"], ["--interval", "0"], ["--by", "nobody"],
    ])
  func usage(options: [String]) throws {
    let run = try Invocation(["dirty", "sim:v2-reference"] + options).finish()
    #expect(run.status == .exited(2))
    #expect(run.errorLines.count == 1)
    #expect(run.output == "")
  }

  @Test("says how much memory there can be", arguments: ["0", "65G"])
  func memory(memory: String) throws {
    let run = try vfioscope("dirty", "sim:v2-reference", "--memory", memory)
    #expect(run.errors.contains("--memory takes whole pages, from one to 64G"))
  }

  @Test("counts one page as one")
  func onePage() throws {
    let run = try vfioscope(
      "dirty", "sim:v1-reference,dma=0,logging=all", "--memory", "4K", "--interval", "0.01", "--reports", "1")
    #expect(run.lines[1] == "range      0x100000 4096 bytes, 1 page")
    #expect(run.lines[4].contains("1 of 1 page dirty  |"))
    #expect(run.lines[5].hasPrefix("1 of 1 page was dirty in "))
  }

  @Test("fits the terminal", arguments: [(80, 79...80), (200, 0...200), (40, 0...80)])
  func width(columns: Int, taken: ClosedRange<Int>) throws {
    let watch = try DirtyWatch(SimulatedDevice.open("v2-reference"))
    defer { watch.end() }
    let output = DirtyOutput("d", watch, showsMap: false, columns: columns)
    let line = try #require(output.text(watch.report()).first)
    #expect(taken.contains(line.count), "\(line)")
  }

  @Test("changes no migration state, whatever state that is")
  func harmless() throws {
    let run = try vfioscope(
      "dirty", "sim:v1-reference,state=stop-copy", "--interval", "0.01", "--reports", "1", "--trace")
    #expect(run.status == .exited(0))
    #expect(!run.errorLines.contains { $0.contains(" write region ") || $0.contains("RESET") })
    #expect(run.lines.contains { $0.contains(" 0 of 512 pages dirty") })
  }
}
