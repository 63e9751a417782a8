/// A way in which a command that the client allows without a rule reads files that it should not, and the rules against
/// it.
///
/// The client compares words after quotes, spacing, wrappers (`timeout 5`, `env`) and the program's folder are gone, each
/// `*` with anything, and refuses by itself what it cannot foresee: substitutions, brace expansion, unknown variables.
/// Everything here was tried with client 2.1.330, with and without the rules (ClientReadingTests); that client checks
/// all other options and operands of the commands that it takes for reading.
///
/// No sandbox: a link out of the repository that is committed in it can still be named, and a test command runs
/// whatever the agent has written. Names, sizes and times of files elsewhere can be seen (`du`, `realpath`, `find`).
struct OutsideRead: Sendable {
  /// The program; with its subcommand, if it has those.
  var program: String
  /// What follows the program in `Bash(program …)`; nil: whatever it is called with.
  var options: [String]?
  /// What it would do.
  var fact: String

  init(_ program: String, _ options: [String]?, _ fact: String) {
    self.program = program
    self.options = options
    self.fact = fact
  }

  var rules: [String] {
    guard let options else { return ["Bash(\(program):*)"] }
    return options.map { "Bash(\(program) \($0))" }
  }

  static let table: [OutsideRead] = [
    // See ``CommitForms``. The price is a message that speaks of the option.
    OutsideRead(
      "git commit", ["* --no-m*"], "takes the message back: git would take it from any file, and the commit is pushed"),
    OutsideRead("git", ["* --pathspec-fr*"], "repeats the file's lines in its complaint"),
    OutsideRead("git blame", ["*--ignore-revs-f*"], "repeats the file's first line in its complaint"),
    OutsideRead(
      "git ls-files", ["*-X *", "*--exclude-from*", "*--exclude-per*"], "takes patterns from any file"),
    OutsideRead("wc", ["*--f*"], "--files0-from: repeats the file in its complaint"),
    OutsideRead(
      "du", ["*--f*", "*--exclude-*", "-*X*", "* -*X*"],
      "--files0-from: repeats the file in its complaint; -X, --exclude-from: takes patterns from any file"),
    OutsideRead(
      "diff", ["*--fr*", "*--to*", "*--exclude-*", "-*X*", "* -*X*"],
      "--from-file, --to-file: show the file; -X, --exclude-from: takes patterns from any file"),
    OutsideRead("strings", ["*@*"], "takes options and names from @FILE, and shows the files named there"),
    // `-f FILE` may be attached and stand behind other letters: no pattern meets it without meeting names of files.
    OutsideRead("hexdump", nil, "-fFILE: repeats the file in its complaint; od does the same work"),
    OutsideRead("jq", ["*--tab*"], "the client takes what follows it for its value, and does not check the file"),
    OutsideRead("sha256sum", checks, "compares any file with a checksum: tells whether it is a known one"),
    OutsideRead("sha1sum", checks, "compares any file with a checksum: tells whether it is a known one"),
    OutsideRead("md5sum", checks, "compares any file with a checksum: tells whether it is a known one"),
    OutsideRead("pgrep", ["*-F *", "*--pidfile*"], "takes a process's number from any file"),
    OutsideRead("base64", ["*--input*"], "macOS: shows the file"),
    OutsideRead(
      "tree", ["*--from*", "*--infofile*", "*--gitfile*", "*--hintro*", "*--houtro*"], "shows the file, or parts of it"),
    // What comes from the pipe is not checked: `echo ~/.ssh/id_rsa | xargs head`. The client allows it with echo,
    // printf, wc, grep, egrep, fgrep, head and tail.
    OutsideRead("xargs", nil, "gives any file to head, tail and grep"),
    OutsideRead("docker inspect", nil, "shows the environment of the user's containers"),
    OutsideRead("docker logs", nil, "shows what the user's containers print"),
  ]

  private static let checks = ["-*c*", "* -*c*"]

  /// The rules, but those about programs that the user allows with any arguments.
  static func rules(except programs: Set<String>) -> [String] {
    table.filter { read in
      !programs.contains(String(read.program.prefix { $0 != " " }))
    }.flatMap(\.rules)
  }
}
