import Processes
package import SystemPackage

/// Writes git's configuration through `git config`, so that git's own words, locks and files hold.
package struct ConfigWriter: Sendable {
  private let directory: FilePath
  private let environment: [String: String]

  package init(directory: FilePath, environment: [String: String]) {
    self.directory = directory
    self.environment = environment
  }

  /// Makes `value` the only one of that key in that scope.
  package func set(_ key: String, _ value: String, in scope: ConfigScope) async throws(ConfigWriteError) {
    try await write("--replace-all", [key, value], in: scope)
  }

  /// Adds `value` to those of that key in that scope.
  package func add(_ key: String, _ value: String, in scope: ConfigScope) async throws(ConfigWriteError) {
    try await write("--add", [key, value], in: scope)
  }

  /// Removes every value of that key in that scope; false when there was none.
  package func unset(_ key: String, in scope: ConfigScope) async throws(ConfigWriteError) -> Bool {
    let (status, errors) = try await git(["config", "--\(scope.rawValue)", "--unset-all", key])
    switch status {
    case 0: return true
    // CONFIG_NOTHING_SET of git's config.h.
    case 5: return false
    default: throw ConfigWriteError(git: errors, scope: scope)
    }
  }

  /// All values of that key in that scope, as they stand there.
  package func write(
    all values: [String], of key: String, in scope: ConfigScope
  ) async throws(ConfigWriteError) {
    guard let first = values.first else {
      _ = try await unset(key, in: scope)
      return
    }
    try await set(key, first, in: scope)
    for value in values.dropFirst() { try await add(key, value, in: scope) }
  }

  private func write(_ action: String, _ words: [String], in scope: ConfigScope) async throws(ConfigWriteError) {
    let (status, errors) = try await git(["config", "--\(scope.rawValue)", action] + words)
    guard status == 0 else { throw ConfigWriteError(git: errors, scope: scope) }
  }

  /// Runs git, again for a second while somebody else holds the lock: git itself does not wait for it.
  private func git(_ arguments: [String]) async throws(ConfigWriteError) -> (status: Int32, errors: String) {
    var attempt = 1
    while true {
      let result = try await gitOnce(arguments)
      guard result.errors.contains(ConfigWriteError.lockWords), attempt < 10 else { return result }
      attempt += 1
      do {
        try await Task.sleep(for: .milliseconds(100))
      } catch {
        return result
      }
    }
  }

  private func gitOnce(_ arguments: [String]) async throws(ConfigWriteError) -> (status: Int32, errors: String) {
    var variables = environment
    // git's messages in English, for the one that is recognized by its text.
    variables["LANGUAGE"] = "en"
    do throws(ProcessFailure) {
      let output = try await runGit(.configuring, arguments, in: directory, environment: variables)
      guard case .code(let status) = output.exit else {
        return (output.status, "'git config' was \(output.exit)")
      }
      return (status, String(decoding: output.standardError, as: UTF8.self))
    } catch {
      throw ConfigWriteError(description: "cannot run 'git' to write the settings: \(error)")
    }
  }
}

/// Why git's configuration could not be written.
package struct ConfigWriteError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String

  static let lockWords = ": File exists"

  init(description: String) { self.description = description }

  /// What git said, with its `error: ` and `fatal: ` taken off.
  init(git errors: String, scope: ConfigScope) {
    let lines = errors.split(separator: "\n").map { line in
      ["error: ", "fatal: "].first { line.hasPrefix($0) }.map { line.dropFirst($0.count) } ?? line
    }
    let lockStart = "could not lock config file "
    guard let words = lines.first, words.hasPrefix(lockStart), words.hasSuffix(Self.lockWords) else {
      description =
        lines.isEmpty
        ? "git could not write the \(scope.rawValue) configuration" : lines.joined(separator: "\n")
      return
    }
    let file = words.dropFirst(lockStart.count).dropLast(Self.lockWords.count)
    description =
      "cannot write '\(file)': another process holds '\(file).lock'\n"
      + "hint: if no git command is running, one was killed; remove the lock and try again"
  }
}
