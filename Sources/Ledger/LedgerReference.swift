import Basics
package import Git
import Platform

/// The references of ledgers.
package enum LedgerReference {
  package static let ours = "refs/orchestrator/runs/"

  package static func run(_ id: String) -> String { ours + id }

  /// Where the ledgers of a remote are kept that was fetched or pushed to.
  package static func folder(of remote: String) -> String { "refs/orchestrator/remotes/\(remote)/runs/" }

  package static func run(_ id: String, of remote: String) -> String { folder(of: remote) + id }

  /// Ids are names of folders, too: `20261122-203705-00ff`.
  package static func isRunID(_ name: String) -> Bool {
    name.utf8.count == 20
      && name.utf8.enumerated().allSatisfy { index, byte in
        switch index {
        case 8, 15: byte == UInt8(ascii: "-")
        case 0..<15: 0x30...0x39 ~= byte
        default: 0x30...0x39 ~= byte || 0x61...0x66 ~= byte
        }
      }
  }
}

/// The files of one commit of a ledger, each as the id of its object.
struct LedgerTree {
  private var files: [String: ObjectID] = [:]
  private var folders: [String: LedgerTree] = [:]
  /// What is in it as it was before, where nothing has its name now.
  var kept: [String: (id: ObjectID, isFolder: Bool)] = [:]

  subscript(_ path: LedgerPath) -> ObjectID? {
    get { file(path.parts[...]) }
    set { set(path.parts[...], newValue) }
  }

  private func file(_ parts: ArraySlice<String>) -> ObjectID? {
    guard let first = parts.first else { return nil }
    return parts.count == 1 ? files[first] : folders[first]?.file(parts.dropFirst())
  }

  private mutating func set(_ parts: ArraySlice<String>, _ id: ObjectID?) {
    guard let first = parts.first else { return }
    if parts.count == 1 { files[first] = id } else { folders[first, default: LedgerTree()].set(parts.dropFirst(), id) }
  }

  /// Writes the trees, and returns the root's id.
  func write(to repository: Repository) throws(GitError) -> ObjectID {
    var entries: [(key: String, mode: String, name: String, id: ObjectID)] = files.map { ($0, "100644", $0, $1) }
    for (name, folder) in folders { entries.append(("\(name)/", "40000", name, try folder.write(to: repository))) }
    for (name, entry) in kept where files[name] == nil && folders[name] == nil {
      let (key, mode) = entry.isFolder ? ("\(name)/", "40000") : (name, "100644")
      entries.append((key, mode, name, entry.id))
    }
    // git's order: byte by byte, folders as if their names ended with a slash.
    entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    var bytes: [UInt8] = []
    for entry in entries { bytes += Array("\(entry.mode) \(entry.name)\0".utf8) + entry.id.bytes }
    return try repository.write(bytes, as: .tree)
  }
}

extension Repository {
  /// A tree's entries by their names; links, submodules and what is no tree's are none.
  func entries(ofTree id: ObjectID) throws(GitError) -> [String: (id: ObjectID, isFolder: Bool)] {
    let bytes = try read(id, .tree)
    var entries: [String: (id: ObjectID, isFolder: Bool)] = [:]
    var rest = bytes[...]
    while let space = rest.firstIndex(of: 0x20), let end = rest[space...].firstIndex(of: 0), rest.endIndex - end > 20 {
      let mode = String(decoding: rest[..<space], as: UTF8.self)
      let name = String(decoding: rest[(space + 1)..<end], as: UTF8.self)
      let id = rest[(end + 1)...(end + 20)].map { hex($0, digits: 2, uppercase: false) }.joined()
      rest = rest[(end + 21)...]
      guard ["100644", "100755", "40000"].contains(mode), let object = ObjectID(id) else { continue }
      entries[name] = (object, mode == "40000")
    }
    return entries
  }
}
