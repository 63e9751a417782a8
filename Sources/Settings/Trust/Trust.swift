import Processes
package import SystemPackage

/// The user's word that values which others committed may take effect, kept in local git config as hashes of exactly
/// those values (`orchestrator.trust`).
package enum Trust {
  /// What the hash of some values is kept as. The same for the same values in any order; another as soon as one
  /// changes, goes or is added.
  ///
  /// - Parameter source: the kind of file, so that trust in a plan is none in the team's file.
  package static func record(for values: [UntrustedValue], source: TrustSource = .teamFile) -> String {
    var message: [UInt8] = []
    // Lengths first: no value can pass for two, or for another name.
    func add(_ text: String) {
      message += Array("\(text.utf8.count):".utf8) + Array(text.utf8)
    }
    add("git-orch trust 1")
    add(source.rawValue)
    for value in values.sorted(by: { $0.name < $1.name }) {
      add(value.name)
      add("\(value.values.count)")
      value.values.forEach(add)
      add(value.destination ?? "")
    }
    return SHA256.hex(message)
  }

  /// Writes down that the user trusts exactly these values, in the local configuration of the repository around
  /// `directory`.
  ///
  /// - Throws: `trustNotKept` with git's words, or `gitUnavailable`.
  package static func accept(
    _ values: [UntrustedValue], source: TrustSource = .teamFile, in directory: FilePath, environment: [String: String]
  ) async throws(SettingsError) {
    let record = record(for: values, source: source)
    // With a pattern that only this record matches, a second --trust leaves one line, not two.
    let arguments = ["config", "--local", "--replace-all", "orchestrator.trust", record, "^\(record)$"]
    let output: ProcessOutput
    do throws(ProcessFailure) {
      output = try await runGit(.configuring, arguments, in: directory, environment: environment)
    } catch {
      throw .gitUnavailable(reason: "\(error)")
    }
    guard output.exit.isSuccess else {
      throw .trustNotKept(message: ConfigListing.plainMessage(output.standardError))
    }
  }
}

/// The kinds of committed files whose values ask for trust.
package enum TrustSource: String, Sendable {
  case teamFile = "team file"
  case plan
  case todo = "to-do list"
}
