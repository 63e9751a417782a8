import Basics
package import Journal
package import SystemPackage
import TerminalUI

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Lines that a task added and removed.
package struct ChangedLines: Sendable, Equatable {
  package var added: Int
  package var removed: Int

  package init(added: Int, removed: Int) { (self.added, self.removed) = (added, removed) }
}

/// A run as one page: no script, no request, nothing next to it. A pure function of what it is made with.
///
/// The parts of the page are in the files next to this one.
package struct ReportPage: Sendable {
  let state: RunState
  let timeline: RunTimeline
  let folder: RunFolder
  /// The folder that the page is in, for links to files of the run; nil for full addresses.
  let place: FilePath?
  /// Whether the process of the run is there.
  let isAlive: Bool
  let repository: String
  let version: String
  let now: Date
  let zone: Zone
  /// How many lines tasks changed, as far as their commits are still there.
  let lines: [String: ChangedLines]
  /// Whether there is such a file.
  let exists: @Sendable (FilePath) -> Bool

  package init(
    _ state: RunState, timeline: RunTimeline, folder: RunFolder, place: FilePath?, isAlive: Bool, repository: String,
    version: String, now: Date, zone: Zone = .local, lines: [String: ChangedLines] = [:],
    exists: @escaping @Sendable (FilePath) -> Bool
  ) {
    self.state = state
    self.timeline = timeline
    self.folder = folder
    self.place = place
    self.isAlive = isAlive
    self.repository = repository
    self.version = version
    self.now = now
    self.zone = zone
    self.lines = lines
    self.exists = exists
  }

  /// What each page of ours begins with: such a file may be replaced.
  package static let signature = "<!DOCTYPE html>\n<!-- made by git orch report -->\n"

  package var text: String {
    let title = "\(isReview ? "Review" : "Run") \(state.header.id): \(resultText)"
    let head: HTML = """
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
      <meta name="referrer" content="no-referrer">
      <title>\(title)</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      \(header)
      <main>
      \(timelineSection)
      \(taskSection)
      \(costSection)
      \(noteSection)
      \(settingSection)
      </main>
      <footer class="mute">Made \(moment(now)) by git-orch \(version) from the run's journal. Times are \(zone == .utc ? "in UTC" : "local"); costs are what the agents told.</footer>
      </body>
      </html>

      """
    return Self.signature + head.source
  }

  // MARK: - Words

  var isReview: Bool { state.header.review != nil }
  var noun: String { isReview ? "pull request" : "task" }
  /// Until when something happened: the present of a run in progress.
  var present: JournalTime { isAlive && state.endedAt == nil ? JournalTime(now) : state.endedAt ?? state.updatedAt }

  /// With seconds in a short run, where nothing could be told apart without.
  func clock(_ time: JournalTime) -> String {
    let local = LocalTime(time.date, zone)
    return present.date.timeIntervalSince(state.startedAt.date) < 600 ? local.seconds : local.clock
  }

  func moment(_ date: Date) -> HTML {
    "<time datetime=\"\(JournalTime(date).description)\">\(LocalTime(date, zone).full)</time>"
  }

  func span(_ from: JournalTime, _ to: JournalTime) -> String {
    shortText(.seconds(max(0, to.date.timeIntervalSince(from.date).rounded())))
  }

  private var good: Int { state.ownTasks.count { $0.status.isGood } }

  private var resultText: String {
    let all = state.ownTasks.count
    let word = isReview ? (state.header.review?.merges == true ? "approved or merged" : "approved") : "done"
    return "\(good) of \(all) \(word)"
  }

  // MARK: - The head of the page

  private var header: HTML {
    let count = state.ownTasks.count
    let title = "\(count) \(noun)\(count == 1 ? "" : "s")\(isReview ? " reviewed" : "") in \(repository)"
    return """
      <header>
      <p class="mute">git orch report</p>
      <h1>\(title)</h1>
      <dl class="facts">
      \(HTML(facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }))
      </dl>
      \(bar)
      \(next)
      </header>
      """
  }

  private var facts: [(String, HTML)] {
    let header = state.header
    var facts: [(String, HTML)] = [
      (isReview ? "Review" : "Run", "\(header.id)"),
      ("Base", "\(header.base.branch) at <code>\(header.base.commit.prefix(10))</code>"),
      ("Started", moment(state.startedAt.date)),
      (state.endedAt == nil ? "Takes" : "Took", "\(span(state.startedAt, present))\(pausedText)"),
      ("Agent", "\(header.agent), \(header.jobs) at a time"),
    ]
    let accounts = state.accounts
    let commits = state.ownTasks.reduce(0) { $0.addingSaturated($1.commits.count) }
    if !isReview {
      let own = Set(state.ownTasks.map(\.header.id))
      let sum = lines.filter { own.contains($0.key) }.values.reduce(into: ChangedLines(added: 0, removed: 0)) {
        $0.added = $0.added.addingSaturated($1.added)
        $0.removed = $0.removed.addingSaturated($1.removed)
      }
      facts.append(
        (
          "Work",
          "\(commits) commit\(commits == 1 ? "" : "s")\(html(sum, before: " ")), \(accounts.attempts) attempts"
        ))
    }
    let limit = state.budget.map { " of \(dollarText($0))" } ?? ""
    facts.append(("Cost", "\(dollarText(accounts.cost))\(limit), \(countText(accounts.tokens.total)) tokens"))
    facts.append(("Result", "\(resultText)\(phaseText)"))
    return facts
  }

  private var pausedText: String {
    let paused = timeline.pauses.reduce(0.0) { $0 + max(0, ($1.to ?? present).date.timeIntervalSince($1.from.date)) }
    return paused < 1 ? "" : ", \(shortText(.seconds(paused.rounded()))) of it paused"
  }

  private var phaseText: String {
    if state.undo?.isRedo == false { return ", taken back" }
    if state.phase == .ended { return state.interruptedBy.map { ", interrupted by \($0)" } ?? "" }
    return isAlive ? ", still running" : "; its process died"
  }

  private var bar: HTML {
    var parts: [HTML] = []
    for status in TaskStatus.allCases {
      let number = state.ownTasks.count { $0.status == status }
      guard number > 0 else { continue }
      let outcome = Outcome(status)
      parts.append(
        "<li class=\"\(outcome.name)\" style=\"--n:\(number)\"><span>\(outcome.sign) <b>\(number)</b> \(outcome.word)</span></li>"
      )
    }
    let count = state.ownTasks.count
    return """
      <ul class="bar" style="--of:\(max(1, count))" aria-label="Outcomes of \(count) \(noun)s">
      \(HTML(parts))
      </ul>
      """
  }

  private var next: HTML {
    guard state.phase == .ended || !isAlive, state.undo == nil else { return .nothing }
    let open = state.ownTasks.count { !$0.status.isGood }
    if isReview {
      return open == 0
        ? .nothing : "<p class=\"next\">Next: <code>git orch review</code> looks at what changed since.</p>"
    }
    if open > 0 {
      return
        "<p class=\"next\">Next: <code>git orch run --continue \(state.header.id)</code> goes back to the \(open) that \(open == 1 ? "is" : "are") not done.</p>"
    }
    guard state.ownTasks.contains(where: { $0.pullRequest != nil }) else { return .nothing }
    return
      "<p class=\"next\">Next: <code>git orch review --from-run \(state.header.id)</code> reviews the pull requests.</p>"
  }

  // MARK: - Files of the run

  /// A link to a file of the run; nil when it is not there, or not under the run's folder.
  func link(_ file: FilePath, _ text: String) -> HTML? {
    let root = folder.path.string + "/"
    guard file.string.hasPrefix(root), !file.string.contains("/../"), exists(file) else { return nil }
    func encoded(_ path: some StringProtocol) -> String {
      path.split(separator: "/").map { percentEncoded(String($0)) }.joined(separator: "/")
    }
    let address =
      place == folder.path ? "./" + encoded(file.string.dropFirst(root.count)) : "file:///" + encoded(file.string)
    return "<a href=\"\(address)\">\(text)</a>"
  }
}
