import Basics
import SystemPackage

/// Where a clone is, by which one that was moved is told from a copy of it.
struct ClonePlace: Equatable {
  let host: String
  let path: String
  /// Of the folder with its records: it stays the same where they are moved within a file system.
  let inode: String

  init(of commonDirectory: FilePath, host: String) {
    self.host = host
    path = (commonDirectory.realPath ?? commonDirectory).string
    inode = "\(FileStamp(commonDirectory.appending("orchestrator"), following: true)?.inode ?? 0)"
  }

  private init?(_ json: JSON) {
    guard let host = json["host"]?.string, let path = json["path"]?.string, let inode = json["inode"]?.string else {
      return nil
    }
    (self.host, self.path, self.inode) = (host, path, inode)
  }

  /// What a clone's file has: its id, and in the next line where it was then.
  func line(_ id: String) -> String {
    let place = JSON.object(["host": .string(host), "path": .string(path), "inode": .string(inode)])
    return "\(id)\n\(place.text)\n"
  }

  /// What is in the file of some clone.
  struct Record {
    let id: String
    /// nil where it does not say.
    let place: ClonePlace?

    /// nil where there is no id in it.
    init?(_ file: FilePath) {
      let lines = (shortText(at: file.string) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
      guard let id = lines.first.map(String.init)?.trimmed, id.utf8.count == 32,
        id.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 })
      else { return nil }
      self.id = id
      place = lines.dropFirst().first.flatMap { JSON(parsing: String($0)) }.flatMap(ClonePlace.init)
    }

    /// Whether the clone at that place came from this one by copying. What was put back at the same place from elsewhere is
    /// a copy, too: since it was made, the clone may have gone on. Where the machine is another one, it cannot be seen
    /// whether the clone is still there, and so it is taken for a copy.
    func isCopied(to here: ClonePlace) -> Bool {
      guard let place, place.inode != here.inode else { return false }
      guard place.host == here.host, place.path != here.path else { return true }
      // Moved to another file system, unless it is still there.
      return Record(FilePath(place.path).appending("orchestrator").appending("ledger-id"))?.id == id
    }
  }
}
