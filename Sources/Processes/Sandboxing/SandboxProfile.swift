import Basics
package import SystemPackage

/// What a program in a sandbox gets to see and may change, whatever the system's tool for sandboxes is.
///
/// Everything that no rule speaks of is read-only. Of the rules that a path lies under, the one for the nearest folder
/// counts, whatever the order in which they were made. In any case a program in a sandbox sees no process but its own,
/// and no device but those that give and take bytes.
package struct SandboxProfile: Sendable, Equatable {
  package enum Access: Sendable, Equatable {
    case readOnly
    /// Read-only, with the text of another file.
    case replaced(by: FilePath)
    case writable
    /// What is there is hidden behind an empty folder of the sandbox's own, which may be filled and is gone with it.
    case emptyFolder
    /// The same for temporary files: a tool that can only hide shows what is there, and lets it be changed.
    case scratch
    /// What is there is hidden behind an empty file.
    case emptyFile
    /// A symbolic link, in a folder that was hidden.
    case link(to: String)
  }

  package struct Rule: Sendable, Equatable {
    package let path: FilePath
    package let access: Access
  }

  /// By absolute paths without links in them, as text: there are hundreds, and each is compared with many.
  private var accesses: [String: Access] = [:]
  /// Whether the network can be reached. Without it there is a loopback of the sandbox's own.
  package var allowsNetwork: Bool

  package init(allowsNetwork: Bool) {
    self.allowsNetwork = allowsNetwork
  }

  /// Makes a rule for what is at `path` now, links followed; nothing where there is nothing, which needs no rule.
  package mutating func set(_ path: FilePath, _ access: Access) {
    guard let real = path.realPath, real != "/" else { return }
    accesses[real.string] = access
  }

  /// Hides what is at `path` now.
  package mutating func hide(_ path: FilePath) {
    guard let real = path.realPath, real != "/" else { return }
    accesses[real.string] = real.isDirectory ? .emptyFolder : .emptyFile
  }

  /// Makes the rule for this very path, which holds no link.
  package mutating func place(_ path: FilePath, _ access: Access) {
    accesses[path.string] = access
  }

  /// Lets `path` be read where a rule for a folder above hides it; where it is a link, the link and what it leads to.
  package mutating func show(_ path: FilePath) {
    guard let real = path.realPath, real != "/" else { return }
    if let parent = path.removingLastComponent().realPath, let name = path.lastComponent,
      case let itself = parent.appending(name), itself != real, hides(itself)
    {
      accesses[itself.string] = .link(to: real.string)
    }
    if hides(real) { accesses[real.string] = .readOnly }
  }

  /// Whether a rule hides what is at this path, which holds no link.
  package func hides(_ path: FilePath) -> Bool {
    switch access(at: path) {
    case .emptyFolder, .scratch, .emptyFile, .replaced, .link: true
    case .readOnly, .writable: false
    }
  }

  /// What holds at this path, which holds no link.
  package func access(at path: FilePath) -> Access {
    var path = path.string[...]
    while true {
      if let access = accesses[String(path)] { return access }
      // The sandbox has its own.
      if path == "/dev" || path == "/proc" { return .emptyFolder }
      guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return .readOnly }
      path = path[..<slash]
    }
  }

  /// All rules, that for a folder before those for what is in it.
  package var rules: [Rule] {
    accesses.map { (path: $0.key, depth: $0.key.utf8.count { $0 == UInt8(ascii: "/") }, access: $0.value) }
      .sorted { ($0.depth, $0.path) < ($1.depth, $1.path) }
      .map { Rule(path: FilePath($0.path), access: $0.access) }
  }
}
