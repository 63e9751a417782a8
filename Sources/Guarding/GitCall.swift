/// A call of git on a command line.
struct GitCall {
  let name: String
  let arguments: [String]

  /// Commands that change a working tree or the branch that is checked out there.
  static let changers: Set<String> = [
    "add", "am", "apply", "checkout", "cherry-pick", "clean", "commit", "merge", "mv", "pull", "rebase", "reset",
    "restore", "revert", "rm", "stash", "switch", "update-index", "read-tree",
  ]
  private static let optionsWithValue: Set<String> = [
    "-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path",
  ]

  init?(_ command: ShellWords.Command) {
    guard let start = command.words.firstIndex(where: { $0 == "git" || $0.hasSuffix("/git") }),
      command.words[..<start].allSatisfy(ShellWords.mayStandBefore)
    else { return nil }
    var rest = command.words[(start + 1)...]
    while let option = rest.first, option.hasPrefix("-") {
      rest = rest.dropFirst(Self.optionsWithValue.contains(option) ? 2 : 1)
    }
    guard let name = rest.first else { return nil }
    self.name = name
    arguments = Array(rest.dropFirst())
  }

  var firstArgument: String? { arguments.first }

  func mentions(_ name: String) -> Bool { arguments.contains { $0 == name || $0.hasSuffix("=\(name)") } }

  /// Letters may be joined: `-fd`.
  func hasOption(in letters: [String], _ long: [String]) -> Bool {
    arguments.contains { argument in
      if argument.hasPrefix("--") { return long.contains { argument.hasPrefix($0) } }
      guard argument.hasPrefix("-") else { return false }
      return letters.contains { argument.dropFirst().contains($0.dropFirst()) }
    }
  }

  /// Whether it does not only ask.
  var writesConfiguration: Bool {
    let writing: Set<String> = [
      "--unset", "--unset-all", "--add", "--replace-all", "--rename-section", "--remove-section", "--edit", "-e", "set",
      "unset", "rename-section", "remove-section", "edit",
    ]
    if arguments.contains(where: writing.contains) { return true }
    let asking = ["--get", "--list", "-l", "get", "list"]
    if arguments.contains(where: { argument in asking.contains { argument == $0 || argument.hasPrefix("--get") } }) {
      return false
    }
    // `git config [--file F] KEY VALUE`.
    var plain = 0
    var isValue = false
    for argument in arguments {
      if isValue {
        isValue = false
      } else if ["-f", "--file", "--blob", "--type", "--default"].contains(argument) {
        isValue = true
      } else if !argument.hasPrefix("-") {
        plain += 1
      }
    }
    return plain >= 2
  }
}
