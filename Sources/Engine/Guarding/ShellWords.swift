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
      for word in words.dropFirst() where depth < 3 && word.contains(" ") {
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

  /// The words of each command between the operators, and whether its output is redirected.
  private static func split(_ line: String) -> [(words: [String], redirects: Bool)] {
    var commands: [(words: [String], redirects: Bool)] = []
    var current: (words: [String], redirects: Bool) = ([], false)
    var word: String?
    var quote: Character?
    var isEscaped = false
    func endWord() {
      // What groups commands is no word of one.
      if let ended = word, ended != "{", ended != "}" { current.words.append(ended) }
      word = nil
    }
    func endCommand() {
      endWord()
      if !current.words.isEmpty { commands.append(current) }
      current = ([], false)
    }
    for character in line {
      if isEscaped {
        isEscaped = false
        if character != "\n" { word = (word ?? "") + String(character) }
        continue
      }
      if let open = quote {
        if character == open {
          quote = nil
        } else if character == "\\", open == "\"" {
          isEscaped = true
        } else {
          word = (word ?? "") + String(character)
        }
        continue
      }
      switch character {
      case "\\": isEscaped = true
      case "'", "\"":
        quote = character
        word = word ?? ""
      case " ", "\t": endWord()
      case ">":
        // `2>` names no file.
        if let number = word, number.allSatisfy(\.isNumber) { word = nil }
        endWord()
        current.redirects = true
      case "<": endWord()
      case "\n", "\r\n", ";", "|", "&", "(", ")", "`": endCommand()
      default: word = (word ?? "") + String(character)
      }
    }
    endCommand()
    return commands
  }
}
