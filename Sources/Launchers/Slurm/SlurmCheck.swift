import Basics
import Processes

/// What can be known of the cluster before agents are paid.
extension Slurm {
  /// The oldest version that has all that is asked of it: `squeue --me`, `--export=NIL`.
  package static let minimumVersion = [20, 11]

  /// `slurm-wlm 22.05.8`, as its programs call themselves.
  package func version() async throws(LaunchError) -> String {
    if login == nil {
      for program in ["squeue", "scancel"] where ExecutableSearch(programs.environment).locate(program) == nil {
        throw .refused("'\(program)' is not found on PATH")
      }
    }
    let words = try await ask("sbatch", ["--version"]).trimmed
    let numbers = (words.split(separator: " ").last ?? "").split(separator: ".").prefix(2).map { Int($0) ?? 0 }
    guard !numbers.lexicographicallyPrecedes(Self.minimumVersion) else {
      throw .refused("\(plainText(words, limit: 60)) is too old: it must be 20.11 or newer")
    }
    return plainText(words, limit: 60)
  }

  /// The partition that jobs go to, and what is there: `partition agents, 4 nodes`.
  package func partition() async throws(LaunchError) -> String {
    let arguments = limits.partition.map { ["--partition=\($0)"] } ?? []
    let answer = try await ask("sinfo", ["--noheader", "--format=%P|%a|%D"] + arguments)
    let rows = answer.split(whereSeparator: \.isNewline).map { $0.split(separator: "|").map(String.init) }
      .filter { $0.count == 3 }
    // The default one has a star; there may be a line for each kind of node.
    let name = limits.partition ?? rows.first { $0[0].hasSuffix("*") }.map { String($0[0].dropLast()) }
    guard let name else { throw .refused("there is no default partition; set orchestrator.slurm.partition") }
    let own = rows.filter { $0[0] == name || $0[0] == "\(name)*" }
    guard !own.isEmpty else { throw .refused("there is no partition '\(name)'") }
    guard own.contains(where: { $0[1] == "up" }) else { throw .refused("partition '\(name)' is \(own[0][1])") }
    let nodes = own.compactMap { Int($0[2]) }.reduce(0, +)
    return plainText("partition \(name), \(nodes) \(nodes == 1 ? "node" : "nodes")", limit: 100)
  }

  /// Whether Slurm would take a job as agents' jobs are; submits none.
  package func wouldTake() async throws(LaunchError) {
    _ = try await ask("sbatch", ["--test-only", "--chdir=/"] + limits.arguments + ["--wrap=true"])
  }
}
