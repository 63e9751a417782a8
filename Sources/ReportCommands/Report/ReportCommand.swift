package import ArgumentParser
import Basics
package import CommandSupport
import Git
import Journal
import Processes
import Reports
import RunViews
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `git orch report`: a run as a page to look at.
package struct ReportCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "report", abstract: "Write a run as one HTML page",
    usage: """
      git orch report [-o <file>] [--force] [--open] [<run>]
      git orch report --remote [<remote>] [-o <file>] [-f] [--open] [<run>]
      """)

  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp("Write the page there; - is standard output (default: in the run's folder)", valueName: "file"))
  var output: String?

  @Flag(name: .shortAndLong, help: "Replace a file that is not a page of git orch report")
  var force = false

  @Flag(help: "Open the page in a browser: $BROWSER, or the system's")
  var open = false

  @Option(defaultAsFlag: RemoteRuns.unnamed, parsing: .next, help: RemoteRuns.help)
  var remote: String?

  @Argument(help: "A run's id or its beginning (default: the newest)")
  var run: String?

  package init() {}

  package mutating func validate() throws {
    (run, remote) = RemoteRuns.toldApart(run: run, remote: remote)
    if open && output == "-" { throw ValidationError("--open needs a file, and '-o -' writes none") }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    return try await RemoteRuns(remote: remote).perform(in: context) { try await command.write($0, in: context) }
  }

  private func write(_ store: RunStore, in context: CommandContext) async throws -> ExitStatus {
    let common = try Repository.commonDirectory(around: context.directory, environment: context.environment)
    let folder = try store.run(run)
    let holder = RunLock.currentHolder(at: store.lock)
    var timeline = RunTimeline()
    let state = try folder.state { timeline.note($0) }
    let target: FilePath? =
      switch output {
      case nil: folder.path.appending("report.html")
      case "-"?: nil
      case let path?: FilePath(path).isAbsolute ? FilePath(path) : context.directory.appending(path)
      }
    let page = ReportPage(
      state, timeline: timeline, folder: folder, place: target?.removingLastComponent(),
      isAlive: store.mayBeAlive(state, holder: holder), repository: Self.name(of: common, state),
      version: Basics.version,
      now: Date(), lines: Self.lines(of: state, in: common, context), exists: { $0.isRegularFile })
    guard let target else {
      context.console.answer(verbatim: page.text)
      return .done
    }
    try check(target)
    do {
      try FileSystem.replace(target, with: page.text)
    } catch {
      throw ReportError(fault: "cannot write '\(target)': \(error)")
    }
    context.console.answer(target.relative(to: context.directory).string)
    if open {
      let browser = Browser(context)
      guard browser.path != nil else {
        throw ReportError(fault: "there is no browser to open '\(target)' with", hint: "set BROWSER to one")
      }
      try browser.replaceProcess(showing: target)
    }
    return .done
  }

  /// How much the tasks changed, of those whose commits are still here.
  private static func lines(
    of state: RunState, in common: FilePath, _ context: CommandContext
  ) -> [String: ChangedLines] {
    guard let repository = try? Repository.open(common, environment: context.environment) else { return [:] }
    var lines: [String: ChangedLines] = [:]
    for task in state.tasks {
      guard let start = task.startCommit.flatMap({ ObjectID($0) }),
        let tip = (task.tip ?? task.commits.first?.id).flatMap({ ObjectID($0) }),
        let amount = try? repository.amount(from: start, to: tip)
      else { continue }
      lines[task.header.id] = ChangedLines(added: amount.added, removed: amount.removed)
    }
    return lines
  }

  /// What the reader knows the repository by.
  private static func name(of common: FilePath, _ state: RunState) -> String {
    if let forge = state.header.forge { return forge.repository }
    let name = common.lastComponent?.string ?? ""
    guard name == ".git" else { return name.hasSuffix(".git") ? String(name.dropLast(4)) : name }
    return common.removingLastComponent().lastComponent?.string ?? "the repository"
  }

  /// Only a page of ours is replaced unasked.
  private func check(_ target: FilePath) throws {
    guard let stamp = FileStamp(target) else { return }
    // A link leads who knows where.
    guard stamp.isRegular else { throw ReportError(fault: "'\(target)' is not a regular file") }
    guard !force, stamp.size > 0, !isOurs(target) else { return }
    throw ReportError(fault: "'\(target)' exists and is not a page of git orch report", hint: "to replace it: --force")
  }

  private func isOurs(_ target: FilePath) -> Bool {
    let signature = Array(ReportPage.signature.utf8)
    guard let file = try? FileDescriptor.open(target, .readOnly, options: [.closeOnExec, .nonBlocking]) else {
      return false
    }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: signature.count)
    let count = try? bytes.withUnsafeMutableBytes { try file.read(into: $0) }
    return count == signature.count && bytes == signature
  }
}

/// Why there is no page.
struct ReportError: Error, CustomStringConvertible {
  let fault: String
  var hint: String?

  var description: String { fault + (hint.map { "\nhint: \($0)" } ?? "") }
}
