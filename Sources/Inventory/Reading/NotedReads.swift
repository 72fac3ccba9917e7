/// Reads that leave a notice instead of failing.
extension Folder {
  /// What the file `name` holds; nil when there is none (which is no notice: kernels and devices differ in what they have)
  /// or when it can't be read (which is one).
  func readIfThere(_ name: String, noting notices: inout [Notice]) -> FileText? {
    do throws(ReadFailure) {
      let text = try read(name)
      if text.isCut {
        notices.append(Notice(path: appending(name), problem: .tooLong(limit: FileText.limit)))
      }
      return text
    } catch {
      if !error.meansGone { notices.append(Notice(error)) }
      return nil
    }
  }

  /// The last part of where the link `name` points; nil as for `readIfThere`.
  func linkedNameIfThere(_ name: String, noting notices: inout [Notice]) -> String? {
    do throws(ReadFailure) {
      return try linkedName(name)
    } catch {
      if !error.meansGone { notices.append(Notice(error)) }
      return nil
    }
  }
}

extension Root {
  /// The folder `place` with the names in it; nil when there is none, or, with a notice, when it can't be read.
  func listing(_ place: String, noting notices: inout [Notice]) -> [String]? {
    do throws(ReadFailure) {
      return try folder(place).names()
    } catch {
      if !error.meansGone { notices.append(Notice(error)) }
      return nil
    }
  }

  /// What the file `place` holds; nil when there is none, or, with a notice, when it can't be read.
  func readIfThere(_ place: String, noting notices: inout [Notice]) -> FileText? {
    do throws(ReadFailure) {
      return try FileText(opening: appending(place))
    } catch {
      if !error.meansGone { notices.append(Notice(error)) }
      return nil
    }
  }
}
