import Migration
import Terminal

extension DeviceView {
  /// The keys that move the device's data.
  func flowKeys(_ store: Store) -> [KeyHint] {
    [KeyHint("m", "migrate"), KeyHint("w", "save"), KeyHint("l", "load")]
      + (store.flow(of: reference) == nil ? [] : [KeyHint("f", "flow")])
  }

  func handleFlow(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case .character("m"): isReady(store) ? .push(MigrateMenu(reference)) : .stay
    case .character("w"): isReady(store) ? .push(savePrompt(store)) : .stay
    case .character("l"): isReady(store) ? .push(loadPrompt(store)) : .stay
    case .character("f"): store.flow(of: reference).map { .push(FlowView($0)) } ?? .stay
    default: .stay
    }
  }

  private func isReady(_ store: Store) -> Bool {
    guard let status = store.status(reference), status.facts != nil else { return false }
    return !store.refuseUnarmed(reference) && !store.refuseBusy(reference)
  }

  private func savePrompt(_ store: Store) -> FilePrompt {
    let (name, state) = (store.name(of: reference), store.status(reference)?.observation?.state)
    return FilePrompt("Save to file:", refusal: FileSink.refusal) { [reference] path in
      Confirm(
        reference, title: "Save?",
        lines: [
          "\(name) gives what it can while it runs, and is stopped for the rest. Afterwards it goes on as before.",
          "The file is \(path). It gets this name when it is complete; one that is there is not replaced.",
        ], answer: .begin(.save(reference, path: path), TransferOptions()), from: state)
    }
  }

  private func loadPrompt(_ store: Store) -> FilePrompt {
    let (name, state) = (store.name(of: reference), store.status(reference)?.observation?.state)
    return FilePrompt("Load from file:") { [reference] path in
      // By itself "-" would be the standard input, where the keys come from.
      let path = path == "-" ? "./-" : path
      let question = Confirm(
        reference, title: "Load?",
        lines: [
          "\(name): its own state is lost. It runs when it has all of \(path).",
          "The file is whole. It is checked once more before anything is written to the device. If something fails after that, the device is reset.",
        ], answer: .begin(.load(reference, path: path), TransferOptions()), from: state)
      return CheckedQuestion.load(reference, path, question)
    }
  }
}

extension FileSink {
  /// Why no file of this name can be written; nil when it can. It is tried: nothing else knows of every reason.
  fileprivate static func refusal(_ path: String) -> String? {
    do throws(StreamFault) {
      try FileSink(path: path).abandon()
      return nil
    } catch {
      return error.description
    }
  }
}
