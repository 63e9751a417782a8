import Basics
import Git
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The results as a Markdown document, whose table reads well on a terminal, too.
struct Report {
  enum Result {
    case measured(Measurement)
    case notMeasured(String)
    case failed(String)
  }

  private let bench: Bench
  private let begin = ContinuousClock.now
  private let date = Date()
  private let load = Machine.load
  private var lines: [[String]] = []
  private(set) var hasFailures = false

  init(_ bench: Bench) { self.bench = bench }

  private var seconds: Double { (ContinuousClock.now - begin).inSeconds }

  mutating func add(_ row: Row, _ result: Result) {
    let against = row.against ?? "–"
    switch result {
    case .measured(let measurement):
      lines.append([
        row.name, row.wanted, measurement.ratio.map(Text.ratio) ?? "–", measurement.ours, against,
        measurement.other ?? "–", measurement.notes.joined(separator: "; "),
      ])
    case .notMeasured(let reason):
      lines.append([row.name, row.wanted, "–", "–", against, "–", "not measured: \(reason)"])
    case .failed(let reason):
      hasFailures = true
      lines.append([row.name, row.wanted, "–", "–", against, "–", "failed: \(reason)"])
    }
  }

  var markdown: String {
    """
    # Benchmarks

    Written by `\(bench.size(full: "make bench", smoke: "make bench-smoke"))`. Each row was measured in pairs, one of the \
    other and one of ours in turn; its ratio is the median of ours against the other's, pair by pair, and in parentheses \
    the middle half of the pairs (all, where there are fewer than eight). Times are wall-clock times, unless it says \
    otherwise; memory is that of the largest process, and figures of less than \(Text.bytes(Machine.ownPeak)) cannot be told \
    from that.

    \(facts.map { "- \($0.0): \($0.1)" }.joined(separator: "\n"))

    \(table)

    """
  }

  private var facts: [(String, String)] {
    [
      ("date", "\(date.formatted(.iso8601)), taken in \(Text.seconds(seconds))"),
      (
        "machine",
        "\(Machine.processors) × \(Machine.processorName), \(Text.bytes(Machine.memory)), \(ask("uname", "-sr")); "
          + "load \(Text.fixed(load, 2)) at the beginning, scratch folder on \(fileSystem)"
      ),
      (
        "git-orch",
        "\(ask("git", "orch", "--version").replacing("git-orch version ", with: "")), \(buildFolder) build\(commit)"
      ),
      ("git", ask("git", "--version").replacing("git version ", with: "")),
      ("libgit2", (try? GitVersion.ofLibgit2())?.description ?? "none"),
      ("swift", ask("swift", "--version", environment: callersEnvironment).replacing("Swift version ", with: "")),
      ("seed", String(bench.seed)),
    ]
  }

  private var buildFolder: String { bench.bin.lastComponent?.string ?? "unknown" }

  private var commit: String {
    let commit = ask("git", "-C", Machine.currentFolder.string, "describe", "--always", "--dirty")
    return commit == "unknown" ? "" : " of \(commit)"
  }

  private var fileSystem: String { ask("stat", "-f", "-c", "%T", bench.scratch.path.string) }

  private var callersEnvironment: [String: String] { ProcessInfo.processInfo.environment }

  /// The first line that a program prints.
  private func ask(_ arguments: String..., environment: [String: String]? = nil) -> String {
    var command = bench.command(arguments, in: bench.scratch.path)
    command.output = bench.scratch.path.appending("answer.txt")
    if let environment { command.environment = environment }
    guard (try? command.run()) != nil, let text = try? Files.read(command.output) else { return "unknown" }
    return text.split(separator: "\n").first.map(String.init) ?? "unknown"
  }

  private var table: String {
    let header = ["what", "wanted", "ratio", "ours", "against", "theirs", "notes"]
    let cells = [header] + lines.map { $0.map { $0.replacing("|", with: "/").replacing("\n", with: " ") } }
    let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    func line(_ fields: [String]) -> String {
      let padded = zip(fields, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return "| \(padded.joined(separator: " | ")) |"
    }
    let rule = line(widths.map { String(repeating: "-", count: $0) })
    return ([line(header), rule] + cells.dropFirst().map(line)).joined(separator: "\n")
  }
}
