import Basics
package import SystemPackage

/// Why settings could not be read. The description is what follows `fatal: ` on the terminal.
package enum SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Every setting whose value cannot be used, in the order of the table; never empty.
  case badValues([BadSetting])
  /// `git` is not on the PATH of the environment given, or cannot be started from the directory given.
  case gitUnavailable(reason: String)
  /// git refused to list its configuration; `message` is git's own, without `fatal: `.
  case gitFailed(message: String)
  /// What git printed is not a listing with scopes and origins.
  case malformedListing(String)
  /// A file named by a setting (`@file`) could not be read.
  case unreadableFile(FilePath, setting: String, origin: SettingOrigin, reason: String)

  /// A settings file cannot be used; every fault that was found, never none.
  case badFile([SettingsFileProblem])
  /// Trust could not be written down; `message` is git's own.
  case trustNotKept(message: String)

  package var description: String {
    switch self {
    case .badFile(let problems):
      problems.map(\.description).joined(separator: "\n")
    case .trustNotKept(let message):
      "cannot save your trust in this repository's configuration: \(message)"
    case .badValues(let settings):
      settings.map(\.description).joined(separator: "\n")
    case .gitUnavailable(let reason):
      "cannot run 'git' to read the settings: \(reason)"
    case .gitFailed(let message):
      message
    case .malformedListing(let reason):
      "cannot understand the output of 'git config --list': \(reason)"
    case .unreadableFile(let path, let setting, let origin, let reason):
      "cannot read '\(printable(path.string))' named by '\(setting)' in \(origin): \(reason)"
    }
  }
}

/// One setting that has a value which cannot be used.
package struct BadSetting: Equatable, Sendable, CustomStringConvertible {
  /// The full name, `orchestrator.` included.
  package let name: String
  /// The value as it is in the configuration; nil for a key without `=`.
  package let value: String?
  package let origin: SettingOrigin
  let fault: ValueFault

  package var description: String {
    "\(fault.problem) for '\(printable(name))' in \(origin)" + (fault.advice.map { ": \($0)" } ?? "")
  }
}

/// What is wrong with a value, before it is known where the value came from.
package struct ValueFault: Error, Equatable, Sendable {
  /// What is wrong, with the value in quotes: `bad boolean value 'maybe'`.
  package let problem: String
  /// What would be right, when the problem alone does not say it.
  package let advice: String?

  init(bad kind: String, _ value: String, advice: String? = nil) {
    self.problem = "bad \(kind) '\(printable(value))'"
    self.advice = advice
  }

  private init(problem: String, advice: String?) {
    self.problem = problem
    self.advice = advice
  }

  /// A key written without `=`, which git takes for true, where something else than a boolean is needed.
  static let missing = ValueFault(problem: "missing value", advice: nil)
}

/// `text` fit for one line of a message.
func printable(_ text: String, limit: Int = 200) -> String { sanitized(text, .markLines, limit: limit) }
