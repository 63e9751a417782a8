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
  }

  private static let readers: Set<String> = [
    "cat", "cd", "cmp", "diff", "du", "echo", "file", "grep", "head", "less", "ls", "printf", "pwd", "realpath", "rg",
    "readlink", "stat", "tail", "test", "[", "wc",
  ]

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
    for (words, redirects) in split(line) where commands.count < 1000 {
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
        Command(words: words, mentions: paths, onlyReads: readers.contains(first) && !redirects))
      if first == "cd", let target = words.dropFirst().first {
        directory = resolved(target, in: directory, home: home)
        hasMoved = true
      }
      for word in words.dropFirst() where depth < 3 && word.contains(where: \.isWhitespace) {
        collect(word, directory, home, depth: depth + 1, &commands)
      }
    }
  }

  /// An absolute path of one that is written in a command.
  static func resolved(_ path: String, in directory: FilePath, home: String?) -> FilePath {
    var path = path
    if let home {
      for prefix in ["~", "$HOME", "${HOME}"] where path == prefix || path.hasPrefix("\(prefix)/") {
        path = home + path.dropFirst(prefix.count)
      }
    }
    return directory.pushing(FilePath(path)).normalized
  }

  /// The words of each command between the operators, and whether its output is redirected. What is in brackets and
  /// backquotes is commands, too.
  private static func split(_ line: String) -> [(words: [String], redirects: Bool)] {
    var commands: [(words: [String], redirects: Bool)] = []
    var current: (words: [String], redirects: Bool) = ([], false)
    var isDescriptor = false
    for token in ShellLine(line).tokens {
      switch token.kind {
      case .word(let word):
        defer { isDescriptor = false }
        // What groups commands is not a word of one, nor is the descriptor in `2>&1`.
        if word == "{" || word == "}" { continue }
        if isDescriptor, word.allSatisfy({ $0.isNumber || $0 == "-" }) { continue }
        current.words.append(word)
      case .redirection(let mark):
        if mark.contains(">") { current.redirects = true }
        isDescriptor = mark.hasSuffix("&")
      case .end, .bracket:
        if !current.words.isEmpty { commands.append(current) }
        current = ([], false)
        isDescriptor = false
      }
    }
    if !current.words.isEmpty { commands.append(current) }
    return commands
  }
}
