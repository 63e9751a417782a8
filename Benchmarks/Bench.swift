import Basics
import SystemPackage

/// What the rows work with: the programs, a scratch folder, and an environment that has nothing of the user's.
struct Bench {
  let size: Size
  let bin: FilePath
  let scratch: Scratch
  let environment: [String: String]
  let isOffline: Bool
  let seed: UInt64
  /// What still runs then is stopped.
  private let deadline: ContinuousClock.Instant

  /// Until the deadline.
  var secondsLeft: Double { (deadline - .now).inSeconds }

  /// - seconds: how long all of it may take.
  init(_ options: Options, scratch: Scratch, seconds: Double) throws {
    deadline = .now + .seconds(seconds)
    size = options.size
    bin = try Self.programs(options)
    isOffline = options.isOffline
    seed = options.seed
    self.scratch = scratch
    let home = scratch.path.appending("home")
    let configuration = home.appending(".gitconfig")
    // No housekeeping in the middle of a measurement, on neither side.
    try Files.write(
      configuration,
      """
      [user]
      \tname = Bench
      \temail = bench@example.com
      [init]
      \tdefaultBranch = main
      [gc]
      \tauto = 0
      [maintenance]
      \tauto = false
      [receive]
      \tautoGC = false
      [advice]
      \tdetachedHead = false

      """)
    environment = [
      "PATH": "\(bin):\(Machine.variable("PATH") ?? "/usr/bin:/bin")",
      "HOME": home.string,
      "XDG_CONFIG_HOME": home.appending(".config").string,
      "TMPDIR": scratch.path.string,
      "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_CONFIG_GLOBAL": configuration.string,
      "GIT_CEILING_DIRECTORIES": scratch.path.string,
      "GIT_EDITOR": "false",
      "LC_ALL": "C",
      "TZ": "UTC",
      "TERM": "dumb",
    ]
  }

  private static func programs(_ options: Options) throws -> FilePath {
    let bin =
      try options.bin.map { Machine.currentFolder.pushing($0).lexicallyNormalized() }
      ?? Machine.ownProgram
      .removingLastComponent()
    guard Files.exists(bin.appending("git-orch")) else { throw BenchError.failed("'\(bin)' has no git-orch") }
    return bin
  }

  /// A command in the scratch environment.
  func command(
    _ arguments: [String], in directory: FilePath, limits: Command.Limits = Command.Limits(),
    accepting accepted: Set<Int32> = [0]
  ) -> Command {
    var limits = limits
    limits.seconds = min(limits.seconds, max(secondsLeft, 1))
    return Command(
      arguments: arguments, directory: directory, environment: environment,
      errors: scratch.path.appending("stderr.txt"), limits: limits, accepted: accepted)
  }

  /// A part of the suite, run by this program as a child of its own.
  func part(_ part: MeasuredPart, _ arguments: [String], in directory: FilePath) throws -> Command {
    command([try Machine.ownProgram.string, part.rawValue] + arguments, in: directory)
  }

  /// Runs git to prepare something, and returns what it printed without the white space at its end.
  @discardableResult
  func git(_ arguments: String..., in directory: FilePath, input: FilePath = "/dev/null") throws -> String {
    try capture(["git"] + arguments, in: directory, input: input)
  }

  /// Runs a program to prepare something, and returns what it printed without the white space at its end.
  @discardableResult
  func capture(_ arguments: [String], in directory: FilePath, input: FilePath = "/dev/null") throws -> String {
    var command = command(arguments, in: directory)
    command.input = input
    command.output = scratch.path.appending("stdout.txt")
    if let reason = try command.run().stopped {
      throw BenchError.failed("\(arguments.joined(separator: " ")): \(reason)")
    }
    var text = try Files.read(command.output)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
