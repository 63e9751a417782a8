import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Row {
  /// The programs as `make install` puts them there: stripped, and each file once, however many names it has.
  static func installedSize(wanted: String) -> Row {
    Row(name: "installed size, stripped", wanted: wanted, against: nil) { bench in
      let folder = try bench.scratch.folder("installed")
      defer { try? bench.scratch.empty(folder) }
      var (total, names) = (0, 0)
      var files: Set<ino_t> = []
      for name in Files.names(in: bench.bin) where isProgram(name) {
        let path = bench.bin.appending(name)
        var facts = stat()
        guard stat(path.string, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_mode & S_IXUSR != 0 else {
          continue
        }
        names += 1
        guard files.insert(facts.st_ino).inserted else { continue }
        let copy = folder.appending(name)
        try FileManager.default.copyItem(atPath: path.string, toPath: copy.string)
        _ = try bench.capture(["strip", copy.string], in: folder)
        total += Files.size(copy)
        try FileManager.default.removeItem(atPath: copy.string)
      }
      return Measurement(ours: Text.bytes(total), notes: ["\(names) names of \(files.count) files"])
    }
  }

  /// The build folder has more that begins so: what has a dot is not a program.
  private static func isProgram(_ name: String) -> Bool {
    (name == "git-orch" || name.hasPrefix("git-orch-")) && !name.contains(".")
  }
}
