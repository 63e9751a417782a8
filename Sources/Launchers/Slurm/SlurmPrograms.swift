import Basics
import Processes

/// Slurm's own programs: on this machine, or on a host by which its cluster is reached.
struct SlurmPrograms: Sendable {
  let environment: [String: String]
  /// nil for this machine.
  let login: SSHConnection?

  /// How long one of them may take: without a controller they wait for minutes.
  static let patience = Duration.seconds(10)

  /// Variables by which they would answer otherwise, or wait.
  private static let prefixes = ["SQUEUE_", "SCANCEL_", "SINFO_", "SACCT_"]
  private static let names = ["SBATCH_WAIT", "SBATCH_ARRAY_INX", "SBATCH_TEST_ONLY", "SBATCH_GET_USER_ENV"]

  init(environment: [String: String], login: SSHConnection?) {
    self.login = login
    self.environment = environment.filter { name, _ in
      !Self.prefixes.contains(where: name.hasPrefix) && !Self.names.contains(name)
    }
  }

  func ask(_ program: String, _ arguments: [String]) async throws(LaunchError) -> String {
    if let login {
      let words = ([program] + arguments).map { shellQuoted($0) }.joined(separator: " ")
      let answer = try Answer(in: await login.lines("\(Self.functions)\nslurm \(words)\ntell\n"), of: login.host)
      do throws(LaunchError) {
        return try answer.text()
      } catch {
        throw error.ofAnsweringHost
      }
    }
    guard let executable = ExecutableSearch(environment).locate(program) else {
      throw .refused("'\(program)' is not found on PATH")
    }
    let output: ProcessOutput
    do throws(ProcessFailure) {
      output = try await Invocation(executable: executable, arguments: arguments, environment: environment)
        .run(outputLimit: 64 << 20, timeout: Self.patience)
    } catch {
      guard case .timedOut = error else { throw .unavailable("\(program): \(error)") }
      throw Self.silence(program)
    }
    guard output.exit.isSuccess else {
      throw SlurmAnswers.failure(program, String(decoding: output.standardError, as: UTF8.self))
    }
    return String(decoding: output.standardOutput, as: UTF8.self)
  }

  private static func silence(_ program: String) -> LaunchError {
    .unavailable("Slurm does not answer (\(program): nothing within \(patience.components.seconds) s)")
  }

  // MARK: - On a host

  /// Shell functions: `slurm PROGRAM …` runs one of the programs, for `tell` to tell what came of it: `slurm <status>
  /// <program>`, `out …` and `err …` for its lines, `end`.
  static let functions = #"""
    for variable in $(env | sed -n 's/^\(\(SQUEUE\|SCANCEL\|SINFO\|SACCT\)_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$variable"; done
    unset SBATCH_WAIT SBATCH_ARRAY_INX SBATCH_TEST_ONLY SBATCH_GET_USER_ENV
    slurm() {
      program=$1
      errors=$(mktemp) || errors=/dev/null
      answer=$(timeout 10 "$@" 2>"$errors" </dev/null 9>&-)
      status=$?
      said=$(cat "$errors")
      [ "$errors" = /dev/null ] || rm -f "$errors"
      command -v "$program" >/dev/null 2>&1 || status=127
      return "$status"
    }
    tell() {
      printf 'slurm %s %s\n' "$status" "$program"
      [ -z "$answer" ] || printf '%s\n' "$answer" | sed 's/^/out /'
      [ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/err /'
      printf 'end\n'
    }
    """#

  /// What `tell` told.
  struct Answer: Sendable, Equatable {
    let host: String
    var program = ""
    var status = 0
    var output: [String] = []
    var errors: [String] = []

    /// The first of some lines.
    init(in lines: [(word: String, value: String)], of host: String) throws(LaunchError) {
      guard let answer = Self.all(in: lines, of: host).first else {
        throw .unavailable("\(host): the answer cannot be read")
      }
      self = answer
    }

    private init(host: String) { self.host = host }

    /// Those that are whole.
    static func all(in lines: [(word: String, value: String)], of host: String) -> [Answer] {
      var answers: [Answer] = []
      var present: Answer?
      for (word, value) in lines {
        switch word {
        case "slurm":
          let fields = value.split(separator: " ").map(String.init)
          guard fields.count == 2, let status = Int(fields[0]) else { continue }
          present = Answer(host: host)
          present?.status = status
          present?.program = fields[1]
        case "out": present?.output.append(value)
        case "err": present?.errors.append(value)
        case "end":
          if let answer = present { answers.append(answer) }
          present = nil
        default: break
        }
      }
      return answers
    }

    func text() throws(LaunchError) -> String {
      switch status {
      case 0: return output.joined(separator: "\n")
      case 124: throw SlurmPrograms.silence(program)
      case 127: throw .refused("'\(program)' is not found on PATH on \(host)")
      default: throw SlurmAnswers.failure(program, errors.joined(separator: "\n"))
      }
    }
  }
}
