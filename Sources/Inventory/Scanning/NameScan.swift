extension Scan {
  /// Gives the PCI functions their names.
  mutating func addNames(from path: String) {
    do throws(ReadFailure) {
      let database = try PCIDatabase(path: path, for: devices.compactMap(\.pci))
      for index in devices.indices {
        guard let function = devices[index].pci else { continue }
        devices[index].pci?.names = database.names(of: function)
      }
    } catch {
      // Without the file the numbers stand for themselves, but the user should learn why.
      notices.append(Notice(error))
    }
  }
}
