import Basics
import Platform
import SystemPackage

/// Where the executables `git-orch-NAME` are looked for.
package struct CommandSearch: Sendable {
  package enum Result: Equatable, Sendable {
    case found(path: String)
    /// There is such a file, but it may not be run, or is a folder.
    case notExecutable(path: String)
    case absent
  }

  /// Absolute folders, in the order of the search: the one `git-orch` is in, then PATH.
  package let folders: [String]

  /// Empty parts of PATH, which stand for the current folder, are left out: a repository must not bring commands.
  package init(ownFolder: String?, path: String?) {
    folders = ExecutableSearch(first: ownFolder, path: path).folders
  }

  /// The executable of a command. A name that could leave a folder, or is an option, is never found.
  package func command(_ name: String) -> Result {
    guard Self.isName(name) else { return .absent }
    var obstacle: String?
    for folder in folders {
      let path = "\(folder)/git-orch-\(name)"
      switch ExecutableSearch.kind(of: path) {
      case .executable: return .found(path: path)
      case .other: obstacle = obstacle ?? path
      case .absent: continue
      }
    }
    return obstacle.map { .notExecutable(path: $0) } ?? .absent
  }

  /// The names of all commands that can be run, sorted, each once.
  package func names() -> [String] {
    let prefix = "git-orch-"
    var names: Set<String> = []
    for folder in folders {
      guard let stream = opendir(folder) else { continue }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let file = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
            String(cString: $0)
          }
        }
        guard file.hasPrefix(prefix) else { continue }
        let name = String(file.dropFirst(prefix.count))
        if Self.isName(name), ExecutableSearch.kind(of: "\(folder)/\(file)") == .executable { names.insert(name) }
      }
    }
    return names.sorted()
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("-") && !name.hasPrefix(".")
      && name.unicodeScalars.allSatisfy { $0 != "/" && $0.value > 0x20 && $0.value != 0x7f && $0 != "\u{FFFD}" }
  }
}

/// The folder that the running program's file is really in, symbolic links followed.
///
/// Where the system does not say (no `/proc`), the word the program was called by is looked up as the shell did.
func ownFolder(calledAs word: String, path: String?) -> String? {
  var candidates: [String] = []
  #if os(Linux)
    candidates.append("/proc/self/exe")
  #endif
  if let file = ExecutableSearch(path: path).locate(word) { candidates.append(file.string) }
  for candidate in candidates {
    guard let real = realpath(candidate, nil) else { continue }
    defer { free(real) }
    let file = String(cString: real)
    if let slash = file.lastIndex(of: "/") { return String(file[..<slash]) }
  }
  return nil
}
