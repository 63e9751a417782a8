import Basics

extension SettingType where Value == String {
  /// The name of something in a cluster: no blanks, and nothing that sbatch would take for an option.
  static var slurmName: Self {
    scalar("string") { text throws(ValueFault) in
      guard let text else { throw .missing }
      guard !text.isEmpty, !text.hasPrefix("-"), !text.contains(where: { $0.isWhitespace || $0.isNewline }) else {
        throw ValueFault(bad: "name", text, advice: "it must be one word that does not begin with '-'")
      }
      return text
    } format: {
      $0
    }
  }

  /// Options of sbatch, each `--name` or `--name=value`. Those that git-orch itself needs are not the user's to set.
  static var slurmOptions: Self {
    scalar("string") { text throws(ValueFault) in
      guard let text else { throw .missing }
      let words = text.split(whereSeparator: \.isWhitespace)
      guard !words.isEmpty else { throw ValueFault(bad: "value", text, advice: "it must not be empty") }
      for word in words {
        guard word.hasPrefix("--"), word.count > 2 else {
          throw ValueFault(bad: "option of sbatch", String(word), advice: "write it as --name or --name=value")
        }
        let name = word.dropFirst(2).prefix { $0 != "=" }
        // sbatch takes any beginning of a name that no other option has.
        if let own = ownSlurmOptions.first(where: { $0.hasPrefix(name) }) {
          let setting = slurmSettings[own].map { "; set orchestrator.\($0) instead" } ?? ""
          throw ValueFault(
            bad: "option of sbatch", String(word), advice: "git-orch sets --\(own) itself\(setting)")
        }
      }
      return words.joined(separator: " ")
    } format: {
      $0
    }
  }
}

private let ownSlurmOptions = [
  "array", "batch", "chdir", "comment", "dependency", "error", "export", "export-file", "get-user-env", "input",
  "job-name", "kill-on-invalid-dep", "no-requeue", "nodes", "ntasks", "open-mode", "output", "parsable", "quiet",
  "requeue", "signal", "test-only", "uid", "wait", "wrap", "time", "mem", "cpus-per-task", "partition", "account",
]

private let slurmSettings = [
  "time": "slurm.timeLimit", "mem": "slurm.memory", "cpus-per-task": "slurm.cpus", "partition": "slurm.partition",
  "account": "slurm.account",
]
