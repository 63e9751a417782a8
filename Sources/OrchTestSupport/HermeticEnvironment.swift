package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An environment that shares nothing with the machine but `PATH`: own home, own git configuration, fixed dates.
package struct HermeticEnvironment: Sendable {
  package var variables: [String: String]
  package let home: FilePath
  /// Its `.gitconfig`.
  package let configuration: FilePath

  /// Makes a home in `folder`, with a `.gitconfig` that names a user and the branch `main`, and keeps each commit and push
  /// from starting two processes that look whether there is something to tidy up.
  package init(in folder: FilePath) throws {
    home = FilePath("\(folder)/home")
    try FileManager.default.createDirectory(atPath: home.string, withIntermediateDirectories: true)
    configuration = FilePath("\(home)/.gitconfig")
    try Data(
      """
      [user]
      \tname = Test User
      \temail = test@example.com
      [init]
      \tdefaultBranch = main
      [gc]
      \tauto = 0
      [maintenance]
      \tauto = false
      [receive]
      \tautoGC = false

      """.utf8
    ).write(to: URL(filePath: configuration.string))
    variables = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": home.string,
      "XDG_CONFIG_HOME": "\(home)/.config",
      "TMPDIR": folder.string,
      "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_CONFIG_GLOBAL": configuration.string,
      "GIT_CEILING_DIRECTORIES": folder.string,
      "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
      "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
      "GIT_EDITOR": "false",
      "LC_ALL": "C",
      "TZ": "UTC",
    ]
  }
}
