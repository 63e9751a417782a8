import Foundation
import OrchTestSupport
import Testing

/// Every place that starts git, with why it does, as a file that is looked at when it changes.
@Suite(.timeLimit(.minutes(5))) struct GitCallsTests {
  @Test func `each call of git says why`() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources").standardized
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    let call =
      /\b(?<call>run|require|runGit|requireGit|git|preparedGit)\(\s*(?:(?:git|program|try program), for: )?\.(?<purpose>configuring|reading|recording|saving|checkout|fetching|pushing)\b/
    let purposes = ["configuring", "reading", "recording", "saving", "checkout", "fetching", "pushing"]
    var lines: [String] = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let name = file.standardized.path.replacingOccurrences(of: sources.path + "/", with: "")
      let text = try String(contentsOf: file, encoding: .utf8)
      // By default `git.run` is one word. The expression is slow, and most files have nothing for it.
      for match in purposes.contains(where: { text.contains(".\($0)") })
        ? text.matches(of: call.wordBoundaryKind(.simple)) : []
      {
        let word = text[match.range.upperBound...].prefix(160).firstMatch(of: /"(?<word>[a-z][a-z-]+)"/)
        lines.append(
          "\(match.output.purpose.description.padding(toLength: 12, withPad: " ", startingAt: 0))\(name): \(word?.output.word ?? "-")"
        )
      }
      // git is started in no other way.
      if name != "Processes/Git/GitGuard.swift", name != "Processes/Git/FrozenConfiguration.swift" {
        #expect(!text.contains("executable: ") || !text.contains(/executable: (git|program)\b/), "\(name)")
      }
    }
    try assertSnapshot(lines.sorted().joined(separator: "\n"), "git-calls.txt")
  }
}
