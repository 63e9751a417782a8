import Basics
import Git
import SystemPackage

/// Where attributes may name merge drivers, the built-in ones included: then a merge here is another than on a forge.
///
/// It is enough that a file of attributes speaks of merging: for what else it is asked, git knows best.
struct DriverSearch: Sendable {
  /// Those that hold for all paths: of the repository, the user and the system.
  private let isEverywhere: Bool
  private var folders = Memory<Place, Bool>()
  /// Attributes of the base's tree, by path, that git has to find where it merges.
  private(set) var files: [[UInt8]: [UInt8]] = [:]

  private struct Place: Hashable {
    let tree: ObjectID
    let folder: [UInt8]
  }

  private static let name = Array(".gitattributes".utf8)
  private static let largest = 1 << 20

  init(_ repository: Repository, environment: [String: String]) {
    let configuration =
      environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
      ?? environment["HOME"].map { "\($0)/.config" }
    var places: [FilePath] = [repository.commonDirectory.appending("info").appending("attributes")]
    if let named = repository.path(ofSetting: "core.attributesFile") {
      places.append(named)
    } else if let configuration {
      places.append(FilePath("\(configuration)/git/attributes"))
    }
    if environment["GIT_ATTR_NOSYSTEM"] == nil { places += ["/etc/gitattributes", "/usr/local/etc/gitattributes"] }
    isEverywhere = places.contains { place in
      (try? place.readBytes(limit: Self.largest)).map(Self.speaksOfMerging) ?? place.exists
    }
  }

  private static func speaksOfMerging(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("merge") || text.contains("binary") || text.contains("[attr]")
  }

  mutating func hasDrivers(
    _ changes: [TreeDifference.Change], base: ObjectID, _ repository: Repository
  ) throws(GitError) -> Bool {
    if isEverywhere { return true }
    var found = false
    for change in changes {
      if change.path.suffix(Self.name.count) == Self.name[...], let new = change.new, new.isRegular,
        try Self.speaksOfMerging(repository.read(new.id, .blob))
      {
        found = true
      }
      for folder in [[]] + PathTable.folders(of: change.path)
      where try hasDrivers(in: folder, base: base, repository) { found = true }
    }
    return found
  }

  private mutating func hasDrivers(
    in folder: [UInt8], base: ObjectID, _ repository: Repository
  ) throws(GitError) -> Bool {
    let place = Place(tree: base, folder: folder)
    if let known = folders[place] { return known }
    let path = folder.isEmpty ? Self.name : folder + [UInt8(ascii: "/")] + Self.name
    var speaks = false
    if let entry = try repository.entry(at: path, in: base), entry.isRegular {
      let bytes = try repository.read(entry.id, .blob)
      speaks = Self.speaksOfMerging(bytes)
      if speaks { files[path] = bytes }
    }
    folders[place] = speaks
    return speaks
  }

  mutating func forgetUnused() { folders.forgetUnused() }
}
