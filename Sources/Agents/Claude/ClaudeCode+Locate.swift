import Basics
import Platform
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ClaudeCode {
  /// Finds the program and asks it for its version, which takes it 0.02 s.
  ///
  /// - `command`: a name to look for on the `PATH` of `environment`, or a path; "~/" is the user's home.
  /// - `timeLimit`: how long it may take to answer.
  package static func locate(
    command: String, environment: [String: String], timeLimit: Duration = .seconds(20)
  ) async throws(AgentError) -> ClaudeCode {
    let path = try resolve(command, environment)
    let mark = RunMark(run: "version-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
    let question = Invocation(
      executable: path, arguments: ["--version"], environment: agentEnvironment(from: environment, mark: mark))
    let answer = await runOnce(question, input: [], directory: "/", timeout: timeLimit, mark: mark, outputLimit: 4096)
    let text = plainText(String(decoding: answer.output, as: UTF8.self), limit: 200)
    switch answer.end {
    case .exited(.code(0)): break
    case .exited(let exit):
      let errors = plainText(String(decoding: answer.errors, as: UTF8.self), limit: 200)
      throw .versionUnknown(path, answer: "failed (\(exit)\(errors.isEmpty ? "" : ": \(errors)"))")
    case .timedOut: throw .versionUnknown(path, answer: "did not answer within \(timeLimit.components.seconds) s")
    case .cancelled: throw .cancelled
    case .notLaunched(let why): throw .versionUnknown(path, answer: "could not be started (\(why))")
    }
    guard text.contains("Claude Code"), let version = Version(leading: text),
      let minimum = Version(leading: minimumVersion)
    else { throw .versionUnknown(path, answer: text.isEmpty ? "printed nothing" : "printed '\(text)'") }
    guard version >= minimum else { throw .versionTooOld(path, found: version.text, minimum: minimumVersion) }
    return ClaudeCode(executable: path, version: version.text, command: command)
  }

  private static func resolve(_ command: String, _ environment: [String: String]) throws(AgentError) -> FilePath {
    let command = command.trimmed
    guard !command.isEmpty, !command.contains("\0") else { throw .commandNotFound(command) }
    if command.contains("/") {
      var path = FilePath(command)
      if command.hasPrefix("~/"), let home = environment["HOME"] {
        path = FilePath(home).appending(String(command.dropFirst(2)))
      }
      path = absolute(path)
      guard exists(path) else { throw .commandNotFound(command) }
      guard isExecutable(path) else { throw .commandNotExecutable(path) }
      return path
    }
    var unusable: FilePath?
    for folder in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
      let path = absolute(FilePath(String(folder)).appending(command))
      if isExecutable(path) { return path }
      if unusable == nil, exists(path) { unusable = path }
    }
    if let unusable { throw .commandNotExecutable(unusable) }
    throw .commandNotFound(command)
  }
}

/// The agent runs in another folder than we do.
private func absolute(_ path: FilePath) -> FilePath {
  path.isAbsolute ? path : FilePath(FileManager.default.currentDirectoryPath).pushing(path).lexicallyNormalized()
}

private func exists(_ path: FilePath) -> Bool {
  access(path.string, F_OK) == 0
}

private func isExecutable(_ path: FilePath) -> Bool {
  var information = stat()
  guard stat(path.string, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return false }
  return access(path.string, X_OK) == 0
}

/// Numbers with dots between, compared one by one.
private struct Version: Comparable {
  let parts: [Int]
  let text: String

  /// Reads the version that `line` begins with: "2.1.330 (Claude Code)".
  init?(leading line: String) {
    text = String(line.prefix { $0.isASCII && $0.isNumber || $0 == "." })
    parts = text.split(separator: ".").compactMap { Int($0) }
    guard parts.count >= 2 else { return nil }
  }

  static func == (one: Version, other: Version) -> Bool { one.parts == other.parts }

  static func < (one: Version, other: Version) -> Bool { one.parts.lexicographicallyPrecedes(other.parts) }
}
