package import Agents
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
      executable: path, arguments: ["--version"], environment: agentEnvironment(from: environment), directory: "/",
      mark: mark)
    let answer: ProcessOutput
    do throws(ProcessFailure) {
      answer = try await question.run(outputLimit: 64 << 10, timeout: timeLimit)
    } catch {
      switch error {
      case .timedOut: throw .versionUnknown(path, answer: "did not answer within \(timeLimit.components.seconds) s")
      case .cancelled: throw .cancelled
      case .notStarted(let why), .exhausted(let why):
        throw .versionUnknown(path, answer: "could not be started (\(why))")
      case .outputTooLarge: throw .versionUnknown(path, answer: "printed too much")
      }
    }
    guard answer.exit.isSuccess else {
      let errors = plainText(String(decoding: answer.standardError, as: UTF8.self), limit: 200)
      throw .versionUnknown(path, answer: "failed (\(answer.exit)\(errors.isEmpty ? "" : ": \(errors)"))")
    }
    let text = plainText(String(decoding: answer.standardOutput, as: UTF8.self), limit: 200)
    guard text.contains("Claude Code"), let version = Version(leading: text),
      let minimum = Version(leading: minimumVersion)
    else { throw .versionUnknown(path, answer: text.isEmpty ? "printed nothing" : "printed '\(text)'") }
    guard version >= minimum else { throw .versionTooOld(path, found: version.text, minimum: minimumVersion) }
    return ClaudeCode(executable: path, version: version.text, command: command)
  }

  private static func resolve(_ command: String, _ environment: [String: String]) throws(AgentError) -> FilePath {
    let command = command.trimmed
    guard !command.isEmpty, !command.contains("\0") else { throw .commandNotFound(command) }
    switch ExecutableSearch(environment).find(command) {
    case .found(let path): return path
    case .notExecutable(let path): throw .commandNotExecutable(path)
    case .absent: throw .commandNotFound(command)
    }
  }
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
