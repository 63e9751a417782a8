package import Agents
import Basics

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What an agent does now and has used so far, from the events of one attempt.
package struct TaskActivity: Sendable, Equatable {
  package enum Doing: Sendable, Equatable {
    case starting
    case thinking
    /// A tool is at work; its telling input is relative to the worktree.
    case tool(name: String, input: String)
    case said(String)
    case retrying(APIRetry)
  }

  package private(set) var doing = Doing.starting
  package private(set) var since: Date
  /// When it last got on.
  package private(set) var lastProgress: Date
  /// The call that was refused last, and when.
  package private(set) var denied: (text: String, at: Date)?
  /// What this attempt has used so far, roughly, by model.
  package var used = ModelUsages()
  package private(set) var model: String?
  /// How many tools it has used: what they did is worth a look only when there are more.
  package private(set) var toolCount = 0

  private var toolID: String?
  private let worktree: String?
  private let home: String?

  /// - Parameter worktree: the folder that its paths are shown relative to.
  package init(at time: Date, worktree: String?, home: String? = nil) {
    since = time
    lastProgress = time
    self.worktree = worktree
    self.home = home
  }

  package static func == (one: TaskActivity, other: TaskActivity) -> Bool {
    one.doing == other.doing && one.since == other.since && one.used == other.used && one.model == other.model
      && one.toolCount == other.toolCount && one.lastProgress == other.lastProgress
      && one.denied?.at == other.denied?.at
  }

  package mutating func note(_ event: AgentEvent, at time: Date) {
    if event.isProgress { lastProgress = time }
    switch event {
    case .initialised(let start):
      model = start.model.isEmpty ? model : start.model
      change(to: .thinking, time)
    case .text(let text): change(to: .said(text), time)
    case .toolUse(let use):
      toolCount += 1
      toolID = use.id
      change(to: .tool(name: use.name, input: Self.relative(use.summary, to: worktree, home: home)), time)
    case .toolResult(let result):
      // Of several at a time the one that was begun last is shown.
      if result.toolUseID == toolID || toolID == nil { change(to: .thinking, time) }
    case .denied(let call):
      denied = ("\(call.tool) \(Self.relative(call.summary, to: worktree, home: home))", time)
    case .apiRetry(let retry): change(to: .retrying(retry), time)
    case .usage(let part):
      used.add(part)
      if case .retrying = doing { change(to: .thinking, time) }
    case .thinking, .progress:
      if case .retrying = doing { change(to: .thinking, time) }
      if doing == .starting { change(to: .thinking, time) }
    case .waiting, .apiError, .rateLimit, .result, .other: break
    }
  }

  private mutating func change(to doing: Doing, _ time: Date) {
    // One thought after the other is thinking all the time.
    if doing == .thinking, self.doing == .thinking { return }
    self.doing = doing
    since = time
  }

  /// A path or a command as one would write it in the worktree.
  static func relative(_ input: String, to worktree: String?, home: String?) -> String {
    var text = input
    if let worktree, !worktree.isEmpty {
      for quote in ["", "'", "\""] {
        let entering = "cd \(quote)\(worktree)\(quote)"
        guard text.hasPrefix(entering) else { continue }
        let rest = text.dropFirst(entering.count).drop { $0 == " " }
        if rest.hasPrefix("&&") || rest.hasPrefix(";") {
          text = String(rest.drop { "&; ".contains($0) })
        }
      }
      text = text.replacing(worktree + "/", with: "")
    }
    if let home, !home.isEmpty, home != "/" { text = text.replacing(home + "/", with: "~/") }
    return text
  }
}
