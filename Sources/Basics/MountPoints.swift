import Platform
package import SystemPackage

/// Where file systems are mounted, bind mounts of the same one included.
package struct MountPoints: Sendable {
  private let paths: [String]

  package init(_ paths: [String]) { self.paths = paths }

  package static func present() -> MountPoints {
    #if os(Linux)
      let table = (try? FilePath("/proc/self/mountinfo").readBytes(limit: 16 << 20)) ?? []
      return MountPoints(table.split(separator: UInt8(ascii: "\n")).compactMap(path(inLine:)))
    #else
      var table: UnsafeMutablePointer<statfs>?
      let count = Int(getmntinfo(&table, MNT_NOWAIT))
      guard let table, count > 0 else { return MountPoints([]) }
      return MountPoints(
        (0..<count).map { index in
          withUnsafeBytes(of: table[index].f_mntonname) { name in
            String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
          }
        })
    #endif
  }

  /// The first of them that is the folder or in it; `nil` when there is none.
  package func first(in folder: FilePath) -> String? { folder.withPlatformString { first(in: $0) } }

  func first(in folder: UnsafePointer<CChar>) -> String? {
    let folder = Basics.realPath(of: folder) ?? String(cString: folder)
    return paths.sorted().first { pathLies($0, in: folder) }
  }

  /// `36 35 98:0 /root /mount\040point rw …`, see proc(5).
  static func path(inLine line: ArraySlice<UInt8>) -> String? {
    let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
    guard fields.count > 4 else { return nil }
    var bytes: [UInt8] = []
    var rest = fields[4]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3).map { Int($0) - 0x30 }
      if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0...7).contains($0) }) {
        bytes.append(UInt8(truncatingIfNeeded: digits[0] << 6 | digits[1] << 3 | digits[2]))
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
