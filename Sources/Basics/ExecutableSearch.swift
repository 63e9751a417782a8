import Platform
package import SystemPackage

/// The search for a program, as a shell does it, with one difference: the empty parts of `PATH`, which stand for the
/// current folder, are left out, since a repository must not bring programs.
package struct ExecutableSearch: Sendable {
  package enum Result: Equatable, Sendable {
    case found(FilePath)
    /// There is such a file, but it may not be run, or is a folder.
    case notExecutable(FilePath)
    case absent
  }

  package enum FileKind: Sendable { case executable, other, absent }

  /// What is searched where `PATH` is not set.
  package static let defaultPath = "/usr/local/bin:/usr/bin:/bin"

  /// In the order of the search, each once.
  package let folders: [String]
  private let home: String?

  /// - `first`: a folder that is searched before those of `PATH`.
  /// - `path`: the value of `PATH`; `nil` when it is not set.
  package init(first: String? = nil, path: String?, home: String? = nil) {
    var folders: [String] = []
    for folder in [first ?? ""] + Basics.folders(inList: path ?? Self.defaultPath)
    where !folder.isEmpty && !folders.contains(folder) {
      folders.append(folder)
    }
    self.folders = folders
    self.home = home
  }

  package init(_ environment: [String: String]) {
    self.init(path: environment["PATH"], home: environment["HOME"])
  }

  /// Finds the program that a name stands for, or a path, in which "~/" is the user's home. The result is absolute:
  /// whoever starts it may do so from another folder.
  package func find(_ program: String) -> Result {
    guard !program.isEmpty, !program.utf8.contains(0) else { return .absent }
    if program.contains("/") {
      var path = program
      if path.hasPrefix("~/"), let home { path = home + path.dropFirst() }
      return result(path)
    }
    var obstacle: FilePath?
    for folder in folders {
      switch result("\(folder)/\(program)") {
      case .found(let path): return .found(path)
      case .notExecutable(let path): obstacle = obstacle ?? path
      case .absent: continue
      }
    }
    return obstacle.map { .notExecutable($0) } ?? .absent
  }

  /// The same, when it does not matter why there is none.
  package func locate(_ program: String) -> FilePath? {
    if case .found(let path) = find(program) { path } else { nil }
  }

  /// What stands at `path`, symbolic links followed. Only a regular file can be run.
  package static func kind(of path: String) -> FileKind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .absent }
    return status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0 ? .executable : .other
  }

  private func result(_ path: String) -> Result {
    switch Self.kind(of: path) {
    case .executable: .found(Self.absolute(path))
    case .other: .notExecutable(Self.absolute(path))
    case .absent: .absent
    }
  }

  private static func absolute(_ path: String) -> FilePath {
    guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return FilePath(path) }
    defer { free(current) }
    return FilePath(lexicallyNormalized("\(String(cString: current))/\(path)"))
  }
}
