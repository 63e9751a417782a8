import Basics
import SystemPackage

/// The words of a shell command line, as far as they can be known without running it.
enum ShellWords {
  struct Command: Equatable {
    /// Without quotes; variables stay as they are written.
    var words: [String]
    /// The files and folders that it names, absolute; the one that it runs in, when a `cd` before it changed that.
    var mentions: [FilePath]
    var onlyReads: Bool
    /// Those that it is known to write, move or remove, absolute.
    var writes: [FilePath] = []
  }

  private static let readers: Set<String> = [
    "cat", "cd", "cmp", "diff", "du", "echo", "file", "grep", "head", "less", "ls", "printf", "pwd", "realpath", "rg",
    "readlink", "stat", "tail", "test", "[", "wc",
  ]

  /// Programs that change the files they are given, and which of them.
  private static let writers: [String: @Sendable ([String]) -> ArraySlice<String>] = [
    "chgrp": { $0.dropFirst() }, "chmod": { $0.dropFirst() }, "chown": { $0.dropFirst() },
    "cp": { $0.suffix(1) }, "install": { $0.suffix(1) }, "ln": { $0.suffix(1) }, "rsync": { $0.suffix(1) },
    "mkdir": { $0[...] }, "mv": { $0[...] }, "patch": { $0[...] }, "rm": { $0[...] }, "rmdir": { $0[...] },
    "shred": { $0[...] }, "tee": { $0[...] }, "touch": { $0[...] }, "truncate": { $0[...] }, "unlink": { $0[...] },
  ]
  /// Those that do with `-i`.
  private static let editors: Set<String> = ["perl", "ruby", "sed"]

  /// The files that a command is known to change.
  private static func written(by words: [String]) -> ArraySlice<String> {
    guard let start = words.firstIndex(where: { !mayStandBefore($0) }) else { return [] }
    let program = words[start].split(separator: "/").last.map(String.init) ?? ""
    let arguments = words[(start + 1)...].filter { !$0.hasPrefix("-") || $0 == "-" }
    if let files = writers[program] { return files(arguments) }
    let edits = editors.contains(program) && words[start...].contains { $0.hasPrefix("-i") || $0.hasPrefix("--in-pl") }
    return edits ? arguments[...] : []
  }

  /// Variables, and programs that run what follows them, with their options.
  static func mayStandBefore(_ word: String) -> Bool {
    let wrappers: Set<String> = ["sudo", "env", "command", "exec", "time", "xargs", "nohup", "nice", "timeout", "eval"]
    return wrappers.contains(word) || word.contains("=") || word.hasPrefix("-") || word.allSatisfy(\.isNumber)
  }

  /// The commands of a line; `sh -c '…'` counts as what is in its quotes.
  static func simpleCommands(of line: String, in directory: FilePath, home: String?) -> [Command] {
    var commands: [Command] = []
    collect(line, directory, home, depth: 0, &commands)
    return commands
  }

  private static func collect(
    _ line: String, _ directory: FilePath, _ home: String?, depth: Int, _ commands: inout [Command]
  ) {
    var directory = directory
    var hasMoved = false
    var previous = directory
    // Not after a `cd` to where only the shell knows.
    var isKnown = true
    for (words, targets) in split(line) where commands.count < 1000 {
      guard let first = words.first else { continue }
      var paths = hasMoved ? [directory] : []
      for word in words {
        for part in [word[...]] + word.split(separator: "=").dropFirst()
        where part.contains("/") || part.hasPrefix(".") || part.hasPrefix("~") {
          paths.append(resolved(String(part), in: directory, home: home))
        }
      }
      // A name alone may be a file of the folder that a `cd` led to.
      if hasMoved { paths += words.dropFirst().map { resolved($0, in: directory, home: home) } }
      commands.append(
        Command(
          words: words, mentions: paths, onlyReads: readers.contains(first) && targets.isEmpty,
          writes: (written(by: words) + targets).compactMap { word in
            let path = withHome(word, home)
            return path.contains("$") || path.contains("`") || !isKnown && !path.hasPrefix("/")
              ? nil : resolved(path, in: directory, home: home)
          }))
      if first == "cd", let target = words.dropFirst().first {
        let last = directory
        directory = target == "-" ? previous : resolved(target, in: directory, home: home)
        isKnown = target == "-" || !directory.string.contains("$") && !directory.string.contains("`")
        previous = last
        hasMoved = true
      }
      for word in words.dropFirst() where depth < 3 && word.contains(where: \.isWhitespace) {
        collect(word, directory, home, depth: depth + 1, &commands)
      }
    }
  }

  /// An absolute path of one that is written in a command.
  static func resolved(_ path: String, in directory: FilePath, home: String?) -> FilePath {
    directory.pushing(FilePath(withHome(path, home))).normalized
  }

  private static func withHome(_ path: String, _ home: String?) -> String {
    guard let home else { return path }
    for prefix in ["~", "$HOME", "${HOME}"] where path == prefix || path.hasPrefix("\(prefix)/") {
      return home + path.dropFirst(prefix.count)
    }
    return path
  }

  /// The words of each command between the operators, and where its output is redirected to. What is in brackets and
  /// backquotes is commands, too.
  private static func split(_ line: String) -> [(words: [String], targets: [String])] {
    var commands: [(words: [String], targets: [String])] = []
    var current: (words: [String], targets: [String]) = ([], [])
    var isDescriptor = false
    var isTarget = false
    for token in ShellLine(line).tokens {
      switch token.kind {
      case .word(let word):
        defer { (isDescriptor, isTarget) = (false, false) }
        // What groups commands is not a word of one, nor is the descriptor in `2>&1`.
        if word == "{" || word == "}" { continue }
        if isDescriptor, word.allSatisfy({ $0.isNumber || $0 == "-" }) { continue }
        current.words.append(word)
        if isTarget { current.targets.append(word) }
      case .redirection(let mark):
        isTarget = mark.contains(">")
        isDescriptor = mark.hasSuffix("&")
      case .end, .bracket:
        if !current.words.isEmpty { commands.append(current) }
        current = ([], [])
        (isDescriptor, isTarget) = (false, false)
      }
    }
    if !current.words.isEmpty { commands.append(current) }
    return commands
  }
}
