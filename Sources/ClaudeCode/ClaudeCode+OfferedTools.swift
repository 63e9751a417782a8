package import Agents
import Basics
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ClaudeCode: ToolListing {
  package var isNewerThanTools: Bool { version.map(ClientTool.isNewer) ?? false }
  package var toolsVersion: String { ClientTool.tableVersion }

  package func unknownTools(environment: [String: String], timeLimit: Duration) async -> [String]? {
    await offeredTools(environment: environment, timeLimit: timeLimit).map { ClientTool.unknown(among: $0) }
  }

  /// All tools that the client offers by itself, as the `init` of its stream lists them; nil when it does not say.
  ///
  /// It is started without a login, in an empty home: then it lists its tools, says that it is not logged in, and ends,
  /// without a request (seen with 2.1.330: 1.2 s). Should another version try one, it gets no further than a port of this
  /// machine on which nothing answers.
  package func offeredTools(environment: [String: String], timeLimit: Duration) async -> [String]? {
    try? await withScratchFolder(environment) { home in
      await offeredTools(environment: environment, home: home, timeLimit: timeLimit)
    }
  }

  private func offeredTools(
    environment: [String: String], home: FilePath, timeLimit: Duration
  ) async -> [String]? {
    let mark = RunMark(run: "tools-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
    let clean = [
      "PATH": environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": home.string,
      "CLAUDE_CONFIG_DIR": home.string, "TMPDIR": home.string, "LANG": "C.UTF-8", "TERM": "dumb",
      "ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "CLAUDE_CODE_MAX_RETRIES": "0", "DISABLE_AUTOUPDATER": "1",
      "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    ]
    let question = Invocation(
      executable: executable,
      arguments: [
        "-p", "--output-format", "stream-json", "--verbose", "--setting-sources", "", "--strict-mcp-config",
        "--no-session-persistence",
      ], environment: clean, directory: home, mark: mark)
    guard
      let answer = try? await question.run(
        input: Array("Which tools do you have?".utf8), outputLimit: 1 << 20, timeout: timeLimit)
    else { return nil }
    for line in answer.standardOutput.split(separator: UInt8(ascii: "\n")) {
      let tools = line.withUnsafeBytes { bytes -> [String]? in
        guard let event = JSONValue(checking: bytes), event["subtype"]?.isString("init") == true,
          let list = event["tools"], list.isArray
        else { return nil }
        var names: [String] = []
        list.forEachElement { name in
          if names.count < 500, let name = name.string(limit: 200) { names.append(plainText(name, limit: 100)) }
        }
        return names
      }
      if let tools, !tools.isEmpty { return tools }
    }
    return nil
  }
}
