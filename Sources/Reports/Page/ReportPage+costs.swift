import Basics
import Journal
import TerminalUI

/// What it cost, and what there is to say of the run as a whole.
extension ReportPage {
  private static let mostRows = 100

  var costSection: HTML {
    let accounts = state.accounts
    guard accounts.cost > 0 || accounts.tokens.total > 0 else { return .nothing }
    let tasks = state.tasks.map { (id: $0.header.id, accounts: $0.accounts) }
      .filter { $0.accounts.cost > 0 || $0.accounts.tokens.total > 0 }
      .sorted { ($0.accounts.cost, $0.accounts.tokens.total) > ($1.accounts.cost, $1.accounts.tokens.total) }
    let most = tasks.first?.accounts.cost ?? 0
    let rows = tasks.prefix(Self.mostRows).map { task -> HTML in
      let width = percent(most > 0 ? task.accounts.cost / most * 95 : 0)
      return """
        <tr><th scope="row">\(task.id)</th><td><span class="b" style="width:\(width)"></span></td><td class="n">\(countText(task.accounts.tokens.total))</td><td class="n">\(dollarText(task.accounts.cost))</td></tr>
        """
    }
    var planning = HTML.nothing
    if let record = state.planning {
      let cost = (record.estimatedCost ?? 0) > 0 ? "~\(dollarText(record.wholeCost))" : dollarText(record.wholeCost)
      planning = """

        <tr><th scope="row">making the plan <span class="mute">(\(record.source))</span></th><td></td><td class="n">\(countText(record.accounts.tokens.total))</td><td class="n">\(cost)</td></tr>
        """
    }
    let models = accounts.models.sorted { $0.cost > $1.cost }.map {
      row($0.model, $0.tokens, $0.cost)
    }
    return """
      <div class="two">
      <section>
      <h2 id="cost">Cost by \(noun)</h2>
      <table class="cost">
      <thead><tr><th scope="col">\(isReview ? "Pull request" : "Task")</th><th scope="col"></th><th scope="col" class="n">Tokens</th><th scope="col" class="n">Cost</th></tr></thead>
      <tbody>
      \(HTML(rows))\(planning)
      </tbody></table>
      </section>
      <section>
      <h2 id="models">Cost by model</h2>
      <table>
      <thead><tr><th scope="col">Model</th><th scope="col" class="n">In</th><th scope="col" class="n">Cached</th><th scope="col" class="n">Out</th><th scope="col" class="n">Cost</th></tr></thead>
      <tbody>
      \(HTML(models))
      </tbody>
      <tfoot>\(row("all", accounts.tokens, accounts.cost))</tfoot>
      </table>
      <p class="mute">In: read for the first time, what was written to the cache included. Cached: read from it.</p>
      </section>
      </div>
      """
  }

  private func row(_ name: String, _ tokens: TokenCounts, _ cost: Double) -> HTML {
    let read = countText(tokens.input.addingSaturated(tokens.cacheWrite))
    return """
      <tr><th scope="row">\(name)</th><td class="n">\(read)</td><td class="n">\(countText(tokens.cacheRead))</td><td class="n">\(countText(tokens.output))</td><td class="n">\(dollarText(cost))</td></tr>
      """
  }

  var noteSection: HTML {
    var notes: [HTML] = []
    if let reason = state.header.localReason { notes.append("Branches stayed local: \(reason)") }
    if let reason = state.header.noPullRequestsReason { notes.append("No pull requests: \(reason)") }
    notes += state.warnings.prefix(Self.mostRows).map { "\($0)" }
    if let reached = state.budgetReached, let budget = state.budget {
      let estimate = reached.estimated > 0 ? ", of which \(dollarText(reached.estimated)) are an estimate" : ""
      notes.append(
        "The budget of \(dollarText(budget)) was used up: \(dollarText(reached.spent + reached.estimated))\(estimate).")
    }
    notes += timeline.pauses.prefix(Self.mostRows).map {
      "\(clock($0.from)) to \($0.to.map(clock) ?? "now"): paused: \($0.reason)"
    }
    notes += state.repositoryChanges.all.prefix(Self.mostRows).map(note)
    let denied = state.tasks.reduce(0) { $0 + $1.denied.count }
    if denied > 0 {
      notes.append("\(denied) tool call\(denied == 1 ? " was" : "s were") denied: each is at its \(noun).")
    }
    if state.unreadableLines > 0 { notes.append("\(state.unreadableLines) lines of the journal could not be read.") }
    guard !notes.isEmpty else { return .nothing }
    return """
      <section>
      <h2 id="notes">Notes</h2>
      <ul>
      \(HTML(notes.map { "<li>\($0)</li>" }))
      </ul>
      </section>
      """
  }

  /// As they were when the run began.
  var settingSection: HTML {
    guard let settings = state.header.settings, !settings.isEmpty else { return .nothing }
    let rows = settings.prefix(Self.mostRows).map {
      """
      <tr><th scope="row"><code>\($0.name)</code></th><td><code>\(plainText($0.value, limit: 500))</code></td><td class="mute wide">\($0.origin)</td></tr>
      """ as HTML
    }
    return """
      <section>
      <h2 id="settings">Settings that differ from the defaults</h2>
      <table>
      <thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col" class="wide">Where</th></tr></thead>
      <tbody>
      \(HTML(rows))
      </tbody></table>
      </section>
      """
  }

  private func note(_ change: RepositoryChanges.Change) -> HTML {
    let record = change.record
    func value(_ text: String?) -> HTML { text.map { "<code>\(plainText($0, limit: 200))</code>" } ?? "nothing" }
    let restore: HTML =
      record.restore.map { "<br><span class=\"mute\">to put it back: <code>\($0)</code></span>" } ?? .nothing
    return """
      Changed while \(change.tasks.joined(separator: ", ")) ran: \(record.kind) <code>\(record.name)</code>, from \(value(record.old)) to \(value(record.new))\(restore)
      """
  }
}
