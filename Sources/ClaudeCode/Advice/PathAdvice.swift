import Basics
import SystemPackage

/// What could be allowed of a file or folder that was refused.
struct PathAdvice {
  /// Where the agent works; nil when it is not known.
  let directory: String?

  func isInside(_ path: String) -> Bool? {
    guard path.hasPrefix("/") else { return !path.contains("..") }
    return directory.map { FilePath(path).normalized.lies(in: FilePath($0)) }
  }

  /// Whether the mode `acceptEdits` lets a file of the worktree be changed. The client protects `.git`, `.husky`,
  /// `.claude`, `.mcp.json`, `.vscode`, start-up files of shells and more.
  func isEditable(_ path: String) -> Bool {
    guard isInside(path) == true else { return false }
    var path = path
    if let directory, path.hasPrefix(directory) { path = String(path.dropFirst(directory.count)) }
    return !path.split(separator: "/").contains { $0.hasPrefix(".") }
  }

  /// The rule that allows to read this one file, or what is in this folder; nil where secrets may be.
  func readingRule(_ path: String, isFolder: Bool) -> String? {
    let file = FilePath(path)
    guard file.isAbsolute, path == file.normalized.string, path.utf8.count <= 200,
      path.utf8.allSatisfy({ isPlainByte($0) })
    else { return nil }
    let parts = path.split(separator: "/").map(String.init)
    guard let first = parts.first, !Self.systemFolders.contains(first),
      !parts.contains(where: { $0.hasPrefix(".") || Self.mayBeSecret($0.lowercased()) })
    else { return nil }
    // A home and what is right below it are too much, and so are the first folders of a machine.
    let depth = first == "home" || first == "Users" ? 2 : first == "root" ? 1 : 0
    guard parts.count > depth + 1 + (isFolder ? 1 : 0) else { return nil }
    return isFolder ? "Read(/\(path)/**)" : "Read(/\(path))"
  }

  private static let systemFolders: Set<String> = [
    "etc", "proc", "sys", "dev", "boot", "run", "var", "private", "Library",
  ]

  private static func mayBeSecret(_ name: String) -> Bool {
    let words = ["secret", "credential", "password", "passwd", "shadow", "token", "apikey", "api_key", "private"]
    let folders = ["library", "keychains", "appdata", "snap"]
    return words.contains { name.contains($0) } || folders.contains(name) || name.hasPrefix("id_")
      || ["pem", "key", "p12", "pfx", "kdbx", "jks", "keystore", "env", "ovpn", "gpg", "asc"].contains {
        name.hasSuffix(".\($0)")
      }
  }

  private func isPlainByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "._/+-@".utf8.contains(byte)
    }
  }
}
