import Synchronization
import VFIO

/// A simulated device's data fd.
final class SimulatedStream: DataStream {
  private let device: SimulatedDevice
  private let dataFD: Int32

  init(_ device: SimulatedDevice, taking dataFD: Int32) {
    self.device = device
    self.dataFD = dataFD
  }

  deinit {
    close()
  }

  func read(into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    try device.access(.streamRead(count: buffer.byteCount)) { (machine) throws(Refusal) in
      try machine.readStream(dataFD, into: &buffer)
    }
  }

  func write(_ buffer: RawSpan) throws(DeviceError) -> Int {
    try device.access(.streamWrite(count: buffer.byteCount)) { (machine) throws(Refusal) in
      try machine.writeStream(dataFD, from: buffer)
    }
  }

  func wait(for direction: StreamDirection, until deadline: ContinuousClock.Instant?) throws(DeviceError) -> Bool {
    try device.access(.streamWait(direction)) { (machine) throws(Refusal) in try machine.waitForStream(dataFD) }
  }

  func precopyInfo() throws(DeviceError) -> PrecopyInfo {
    try device.access(.precopyInfo) { (machine) throws(Refusal) in try machine.precopyInfo(dataFD) }
  }

  func ask(_ question: StreamQuestion) throws(DeviceError) -> StreamReply {
    try device.access(.streamQuestion(question)) { (machine) throws(Refusal) in try machine.answer(question, dataFD) }
  }

  func close() {
    device.close(dataFD)
  }
}
