import Migration

extension CaptureDesk {
  /// What is to be seen there; nil as long as the place has to be searched for.
  func sight(_ aim: Aim, after last: Sight?) throws(StreamFault) -> Sight? {
    guard var sight = try place(aim) else { return nil }
    try list(in: &sight, after: last)
    for list in records { sight.records.append(try list.last(at: sight.offset)?.item) }
    sight.line = sight.offset - sight.offset % UInt64(aim.columns)
    sight.line -= min(sight.line, UInt64(aim.contextRows * aim.columns))
    for capture in captures {
      sight.bytes.append(try capture.read(at: sight.line, count: aim.hexRows * aim.columns))
    }
    return sight
  }

  /// How many things the list has so far.
  func count(of list: Aim.List) -> Int {
    switch list {
    case .chunks: captures[0].chunkCount
    case .records: records.first?.count ?? 0
    case .differences: differences?.count ?? 0
    }
  }

  private func place(_ aim: Aim) throws(StreamFault) -> Sight? {
    switch aim.place {
    case .offset(let offset): return at(offset, aim)
    case .item(let index):
      let last = max(0, min(index, count(of: aim.list) - 1))
      guard let row = try rows(aim.list, last, 1).first else { return at(0, aim) }
      return Sight(aim: aim, selected: row.range)
    case .match(let pattern, let from):
      guard let found = try match(pattern, from) else { return nil }
      guard let found else {
        var sight = at(from > 0 ? from - 1 : 0, aim)
        sight.isMissing = true
        return sight
      }
      return Sight(aim: aim, selected: found..<found + UInt64(pattern.count))
    }
  }

  private func at(_ offset: UInt64, _ aim: Aim) -> Sight {
    let offset = min(offset, max(count, 1) - 1)
    return Sight(aim: aim, selected: offset..<min(offset + 1, count))
  }

  /// The part of the list around what is selected, moved no further than it demands.
  private func list(in sight: inout Sight, after last: Sight?) throws(StreamFault) {
    let (list, height) = (sight.aim.list, sight.aim.listRows)
    sight.index = try index(list, at: sight.offset)
    let before = last?.aim.list == list ? last?.firstRow ?? 0 : 0
    let index = sight.index ?? 0
    sight.firstRow = max(0, min(max(before, index - height + 1), index, count(of: list) - height))
    sight.rows = try rows(list, sight.firstRow, height)
  }

  private func index(_ list: Aim.List, at offset: UInt64) throws(StreamFault) -> Int? {
    switch list {
    case .chunks: try captures[0].chunk(at: offset)?.index
    case .records: try records.first?.last(at: offset)?.index
    case .differences: try differences?.last(at: offset)?.index
    }
  }

  private func rows(_ list: Aim.List, _ first: Int, _ count: Int) throws(StreamFault) -> [Sight.Row] {
    switch list {
    case .chunks:
      var index = first - 1
      return try captures[0].chunks(from: first, count: count).map { chunk in
        index += 1
        return .chunk(chunk, phase: captures[0].phase(ofChunk: index))
      }
    case .records: return try records.first?.items(from: first, count: count).map { .record($0) } ?? []
    case .differences: return try differences?.items(from: first, count: count).map { .difference($0) } ?? []
    }
  }
}
