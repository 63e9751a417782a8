/// What one check came to: a line of `git orch doctor`.
package struct DoctorFinding: Sendable, Equatable {
  package enum State: String, Sendable, Encodable, CaseIterable {
    case ok
    /// A run works, but not as well as it could, or it cannot be told.
    case warning
    /// A run would fail, or end otherwise than its user expects.
    case fault
    /// It does not apply here.
    case skipped
  }

  /// What was looked at; the same in every run, since scripts know a line by it: `Git provider`, `MCP linear`.
  package let name: String
  package let state: State
  /// One line, without a full stop.
  package let message: String
  /// Commands that fix it, to be run one after another.
  package let fixes: [String]
  /// What else helps, in words.
  package let hints: [String]

  package init(
    _ name: String, _ state: State, _ message: String, fixes: [String] = [], hints: [String] = []
  ) {
    self.name = name
    self.state = state
    self.message = message
    self.fixes = fixes
    self.hints = hints
  }
}

extension DoctorFinding {
  /// A finding in the words of an error, whose lines that begin with `hint: ` say what to do.
  init(_ name: String, _ state: State, error: any Error, fixes: [String] = []) {
    let lines = "\(error)".split(separator: "\n").map(String.init)
    let hints = lines.filter { $0.hasPrefix("hint: ") }.map { String($0.dropFirst("hint: ".count)) }
    let words = lines.filter { !$0.hasPrefix("hint: ") }.joined(separator: " ")
    self.init(name, state, words.isEmpty ? "it failed" : words, advice: hints, fixes: fixes)
  }

  /// A finding with advice of which some lines are commands.
  init(_ name: String, _ state: State, _ message: String, advice: [String], fixes: [String] = []) {
    let commands = advice.map(Self.command(in:))
    self.init(
      name, state, message, fixes: fixes + commands.compactMap(\.self),
      hints: zip(advice, commands).compactMap { line, command in command == nil ? line : nil })
  }

  /// The command in a line of advice: of `log in: gh auth login -h github.com`, all after the colon. One with a
  /// placeholder in it (`git config user.name NAME`) is a command as well.
  static func command(in advice: String) -> String? {
    let programs = ["git ", "gh ", "claude "]
    if programs.contains(where: advice.hasPrefix) { return advice }
    guard let colon = advice.firstRange(of: ": ") else { return nil }
    let rest = String(advice[colon.upperBound...])
    return programs.contains(where: rest.hasPrefix) && !rest.contains(", ") ? rest : nil
  }
}
