import Basics
import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A client that users install by themselves: what it is called, and what they do about it.
package struct AgentProduct: Sendable, Equatable {
  /// "Claude Code".
  package let title: String
  /// What the answer to `--version` contains.
  package let versionWord: String
  /// The oldest version that can be used.
  package let minimumVersion: String
  /// The command that installs it, and where it is told in full.
  package let installation: (command: String, page: String)
  /// What comes after the program's name to update it, if it has a command for that.
  package let update: String?
  /// What comes after the program's name to log in.
  package let login: String
  /// The variable that holds a key for it.
  package let keyVariable: String

  package init(
    title: String, versionWord: String, minimumVersion: String, installation: (command: String, page: String),
    update: String?, login: String, keyVariable: String
  ) {
    self.title = title
    self.versionWord = versionWord
    self.minimumVersion = minimumVersion
    self.installation = installation
    self.update = update
    self.login = login
    self.keyVariable = keyVariable
  }

  package static func == (one: AgentProduct, other: AgentProduct) -> Bool { one.title == other.title }
}

/// How an agent's program is called, and which setting says so.
package struct AgentProgram: Sendable, Equatable {
  /// A name on `PATH` or a path; "~/" is the user's home.
  package var command: String
  /// `orchestrator.agent.command`, or that of an agent with a name of its own.
  package var setting: String

  package init(command: String, setting: String = "orchestrator.agent.command") {
    self.command = command
    self.setting = setting
  }

  /// Finds the program and asks it for its version, which takes clients 0.02 s.
  /// - Parameters:
  ///   - environment: with the `PATH` to look on; ours.
  ///   - clean: what it is started with.
  ///   - timeLimit: how long it may take to answer.
  package func locate(
    _ product: AgentProduct, environment: [String: String], startedWith clean: [String: String], timeLimit: Duration
  ) async throws(AgentError) -> (path: FilePath, version: String) {
    let path = try resolve(product.title, environment)
    let mark = RunMark(run: "version-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
    let question = Invocation(
      executable: path, arguments: ["--version"], environment: clean, directory: "/", mark: mark)
    func unknown(_ answer: String) -> AgentError {
      .versionUnknown(path, product: product.title, setting: setting, answer: answer)
    }
    let answer: ProcessOutput
    do throws(ProcessFailure) {
      answer = try await question.run(outputLimit: 64 << 10, timeout: timeLimit)
    } catch {
      switch error {
      case .timedOut: throw unknown("did not answer within \(timeLimit.components.seconds) s")
      case .cancelled: throw .cancelled
      case .notStarted(let why), .exhausted(let why): throw unknown("could not be started (\(why))")
      case .outputTooLarge: throw unknown("printed too much")
      }
    }
    guard answer.exit.isSuccess else {
      let errors = plainText(String(decoding: answer.standardError, as: UTF8.self), limit: 200)
      throw unknown("failed (\(answer.exit)\(errors.isEmpty ? "" : ": \(errors)"))")
    }
    let text = plainText(String(decoding: answer.standardOutput, as: UTF8.self), limit: 200)
    guard text.contains(product.versionWord), let version = Version(in: text),
      let minimum = Version(in: product.minimumVersion)
    else { throw unknown(text.isEmpty ? "printed nothing" : "printed '\(text)'") }
    guard version >= minimum else {
      throw .versionTooOld(path, found: version.text, product: product, setting: setting)
    }
    return (path, version.text)
  }

  /// The absolute path of the program.
  /// - Parameter title: what it is a program of, for the error.
  package func resolve(_ title: String, _ environment: [String: String]) throws(AgentError) -> FilePath {
    let command = command.trimmed
    guard !command.isEmpty, !command.contains("\0") else {
      throw .commandNotFound(command, product: title, setting: setting)
    }
    switch ExecutableSearch(environment).find(command) {
    case .found(let path): return path
    case .notExecutable(let path): throw .commandNotExecutable(path, setting: setting)
    case .absent: throw .commandNotFound(command, product: title, setting: setting)
    }
  }
}

/// Numbers with dots between, compared one by one.
private struct Version: Comparable {
  let parts: [Int]
  let text: String

  /// Reads the first word that begins with a digit: "2.1.330 (Claude Code)", "codex-cli 0.163.0".
  init?(in line: String) {
    let word = line.split(separator: " ").first { $0.first.map { $0.isASCII && $0.isNumber } ?? false }
    text = String((word ?? "").prefix { $0.isASCII && $0.isNumber || $0 == "." })
    parts = text.split(separator: ".").compactMap { Int($0) }
    guard parts.count >= 2 else { return nil }
  }

  static func == (one: Version, other: Version) -> Bool { one.parts == other.parts }

  static func < (one: Version, other: Version) -> Bool { one.parts.lexicographicallyPrecedes(other.parts) }
}
