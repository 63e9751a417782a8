/// The forms in which an agent may commit.
///
/// `Bash(git commit:*)` would let git take the message from any file, and the commit is pushed. The client compares whole
/// lines with patterns, in which a message is not told from an option, so nothing can be denied that a message may not
/// speak of. But where `-m` comes first, git refuses every other source of a message by itself ("options '-m' and '-F'
/// cannot be used together"), and a template is not read; only `--no-message` takes it back. Tried with git 2.39 and
/// client 2.1.330 (ClientPermissionTests).
enum CommitForms {
  /// Options that agents put before the message. None of them takes a value.
  private static let options = [
    "-a", "-q", "-s", "-v", "-n", "--all", "--quiet", "--signoff", "--no-verify", "--amend", "--allow-empty",
  ]
  /// The same in one word with `-m`.
  private static let clusters = ["-am", "-qm", "-sm", "-vm", "-nm", "-aqm", "-qam", "-asm", "-sam", "-anm", "-nam"]

  /// What comes before a message that follows.
  private static var withMessage: [String] {
    let begins = ["-m", "--message"] + clusters
    let two = options.flatMap { first in
      options.compactMap { second in
        // The usual ones: a rule for each pair would fill the command line.
        ["--amend", "--allow-empty", "-a", "-q"].contains(first) && ["-a", "-q", "--allow-empty"].contains(second)
          && first != second ? "\(first) \(second) -m" : nil
      }
    }
    return begins + options.map { "\($0) -m" } + two + ["--amend --allow-empty -q -m"]
  }

  /// Messages on standard input, and the message that was there before; nothing may follow.
  private static let whole = [
    "-F -", "-qF -", "-aF -", "-q -F -", "-a -F -", "--file=-", "--file -", "--allow-empty -F -", "--allow-empty -qF -",
    "--amend -F -",
    "--amend --no-edit", "--amend --no-edit -q", "--amend --no-edit -a", "-a --amend --no-edit", "-q --amend --no-edit",
    "--amend -a --no-edit", "--amend -q --no-edit", "--no-edit", "--allow-empty --amend --no-edit",
  ]

  /// Why a commit in another form is refused.
  static let reason = "git would take the message from a file (of git-orch; 'git commit -m …' is allowed)"

  /// Whether the command line has a commit in another form.
  static func refuse(_ line: String) -> Bool {
    simpleCommands(of: line).contains { part in
      let command = withoutRedirections(part.text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return (command == "git commit" || command.hasPrefix("git commit "))
        && !rules.contains { PermissionRule($0).covers(command: command) }
    }
  }

  static let rules =
    withMessage.map { "Bash(git commit \($0):*)" }
    // Written together: `-m"feat: x"`, `--message=…`.
    + ["Bash(git commit -m*)", "Bash(git commit -am*)", "Bash(git commit --message=*)"]
    + whole.map { "Bash(git commit \($0))" }
}
