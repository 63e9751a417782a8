import Basics
import Platform
import SystemPackage

/// All references of a repository as their files have them, read again only where a file's stamp differs: asking git for
/// ten thousand would cost a hundred times as much. Symbolic ones have the value `ref: refs/…`, as in their files.
struct ReferenceTable: Sendable {
  private var loose: [String: Loose] = [:]
  private var packed = Packed.none

  private struct Loose: Sendable {
    let value: String
    /// nil when the file has to be read the next time, whatever its stamp.
    let stamp: FileStamp?
  }

  /// `packed-refs`, shared by all tables until it is written again.
  private final class Packed: Sendable {
    static let none = Packed(values: [:], stamp: nil)
    let values: [String: String]
    let stamp: FileStamp?

    init(values: [String: String], stamp: FileStamp?) {
      (self.values, self.stamp) = (values, stamp)
    }
  }

  /// More than any repository has; what is beyond is not looked at.
  private static let looseLimit = 500_000

  init() {}

  init(commonDirectory: String, previous: ReferenceTable?, at look: timespec) {
    // Loose ones first: whoever packs writes the packed file before it removes them.
    let folder = open("\(commonDirectory)/refs", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 { walk(folder, "refs/", previous, look, depth: 0) }
    let file = "\(commonDirectory)/packed-refs"
    let stamp = FileStamp(file, following: true)
    if let previous, let stamp, previous.packed.stamp == stamp {
      packed = previous.packed
    } else if let stamp {
      let bytes = (try? FilePath(file).readBytes(limit: 1 << 30, .regularOnly)) ?? []
      packed = Packed(values: Self.parse(bytes), stamp: stamp.isFresh(at: look) ? nil : stamp)
    }
  }

  /// What the reference's files hold; nil when there is none.
  subscript(name: String) -> String? { loose[name]?.value ?? packed.values[name] }

  /// The references whose values differ, by name.
  func differences(from old: ReferenceTable) -> [(name: String, old: String?, new: String?)] {
    var names: Set<String> = []
    func note(_ name: String) { if old[name] != self[name] { names.insert(name) } }
    if old.packed !== packed {
      for (name, value) in packed.values where old.packed.values[name] != value { note(name) }
      for name in old.packed.values.keys where packed.values[name] == nil { note(name) }
    }
    for (name, ref) in loose where old.loose[name]?.value != ref.value { note(name) }
    for name in old.loose.keys where loose[name] == nil { note(name) }
    return names.sorted().map { ($0, old[$0], self[$0]) }
  }

  /// Closes `folder`.
  private mutating func walk(
    _ folder: Int32, _ prefix: String, _ previous: ReferenceTable?, _ look: timespec, depth: Int
  ) {
    guard let stream = fdopendir(folder) else {
      close(folder)
      return
    }
    defer { closedir(stream) }
    while loose.count < Self.looseLimit, let entry = readdir(stream) {
      withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
          guard name[0] != 0x2e else { return }  // `.`, `..`; no part of a reference begins with a dot
          var status = stat()
          guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
          let stamp = FileStamp(status)
          let full = prefix + String(cString: name)
          if stamp.isFolder {
            let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if inner >= 0, depth < 32 { walk(inner, full + "/", previous, look, depth: depth + 1) }
          } else if !full.hasSuffix(".lock") {
            readFile(folder, name, full, stamp, previous, look)
          }
        }
      }
    }
  }

  private mutating func readFile(
    _ folder: Int32, _ name: UnsafePointer<CChar>, _ full: String, _ stamp: FileStamp, _ previous: ReferenceTable?,
    _ look: timespec
  ) {
    if let known = previous?.loose[full], known.stamp == stamp {
      loose[full] = known
      return
    }
    if stamp.isLink {
      // git takes it for a symbolic reference; what it leads to may be anything.
      let target = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer -> String in
        guard let base = buffer.baseAddress else { return "" }
        let count = readlinkat(folder, name, base, buffer.count)
        return String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
      loose[full] = Loose(value: "ref: \(target)", stamp: stamp.isFresh(at: look) ? nil : stamp)
      return
    }
    let file = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    let text = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> String in
      let count = read(file, buffer.baseAddress, buffer.count)
      return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self).trimmed : ""
    }
    loose[full] = Loose(value: text, stamp: stamp.isFresh(at: look) ? nil : stamp)
  }

  private static func parse(_ bytes: [UInt8]) -> [String: String] {
    var values: [String: String] = [:]
    bytes.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let line = bytes[start..<end]
        start = end + 1
        // `<id> <name>`; `#` begins the header, `^` the object of a tag.
        guard line.count > 41, line[line.startIndex] != UInt8(ascii: "#"), line[line.startIndex] != UInt8(ascii: "^")
        else { continue }
        let id = line[..<(line.startIndex + 40)]
        values[String(decoding: line[(line.startIndex + 41)...], as: UTF8.self)] = String(decoding: id, as: UTF8.self)
      }
    }
    return values
  }
}
