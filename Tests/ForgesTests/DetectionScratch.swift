import Basics
import Forges
import Foundation
import OrchTestSupport
import Processes
import SystemPackage

/// A home with the hosts that gh knows and an `ssh` of its own; nothing of the machine's.
struct DetectionScratch {
  let directory: TemporaryDirectory
  var environment: [String: String]

  init() throws {
    directory = try TemporaryDirectory()
    environment = [
      "HOME": directory.path.string, "PATH": try directory.makeDirectory("bin").string,
    ]
  }

  func write(_ text: String, to name: String, permissions: Int = 0o644) throws {
    let path = directory.path.appending(name)
    try directory.makeDirectory(FilePath(name).removingLastComponent().string)
    try Data(text.utf8).write(to: URL(filePath: path.string))
    try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path.string)
  }

  func lines(of name: String) -> [String] {
    let data = FileManager.default.contents(atPath: directory.path.appending(name).string) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// A stand-in for ssh that writes down what it is asked, and knows these aliases. It needs no other program.
  func addSSH(_ aliases: [String: String], otherwise: String = #"echo "hostname $2""#) throws {
    let cases = aliases.map { #"  "-G \#($0)") echo "host \#($0)"; echo "user git"; echo "hostname \#($1)";;"# }
    try write(
      """
      #!/bin/sh
      echo "$*" >>"$HOME/asked"
      case "$*" in
      \(cases.sorted().joined(separator: "\n"))
        *) \(otherwise);;
      esac
      """, to: "bin/ssh", permissions: 0o755)
  }

  func detect(
    _ urls: String..., provider: ForgeKind? = nil, slug: String? = nil, environment more: [String: String] = [:]
  ) async -> DetectionResult {
    await ForgeDetection.detect(
      urls: urls, provider: provider, slug: slug, environment: environment.merging(more) { $1 })
  }
}

/// What a test expects, in one line: `acme/widget on GitHub (github.com)`, `unsupported: …`, `no forge: …`,
/// `invalid: …`.
func line(_ finding: DetectionResult) -> String {
  switch finding {
  case .found(let site): site.description
  case .unsupported(let service): "unsupported: \(service)"
  case .noForge(let reason): "no forge: \(reason)"
  case .invalid(let message): "invalid: \(message)"
  }
}
