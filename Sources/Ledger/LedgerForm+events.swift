import Basics
import Settings

/// One type of journal entry in the ledger.
struct LedgerEvent: Sendable {
  let fields: [String: LedgerForm]
  /// Whether it changes how a task or the run stands, so that the ledger is written.
  let isChange: Bool

  /// The entry as the ledger has it; nil for one that stays out.
  static func redacted(_ entry: JSON, by redactor: Redactor) -> (entry: JSON, isChange: Bool)? {
    guard let type = entry["type"]?.string, let event = all[type] else { return nil }
    let fields = event.fields.merging(["schema": .number, "time": .time, "type": .word]) { own, _ in own }
    return LedgerForm.members(fields).redacted(entry, by: redactor).map { ($0, event.isChange) }
  }

  private static func change(_ fields: [String: LedgerForm]) -> LedgerEvent {
    LedgerEvent(fields: fields, isChange: true)
  }
  private static func detail(_ fields: [String: LedgerForm]) -> LedgerEvent {
    LedgerEvent(fields: fields, isChange: false)
  }

  private static let process = LedgerForm.members(["pid": .zero, "startTime": .zero])
  private static let origin = LedgerForm.members(["command": .text, "pid": .zero])
  private static let commits = LedgerForm.each(.members(["id": .hex, "summary": .text]))
  private static let base = LedgerForm.members(["branch": .text, "commit": .hex])
  private static let sandbox = LedgerForm.word
  private static let models = LedgerForm.each(
    .members([
      "model": .text, "cost": .number, "inputTokens": .number, "outputTokens": .number, "cacheReadTokens": .number,
      "cacheWriteTokens": .number,
    ]))
  private static let test = LedgerForm.members([
    "command": .text, "commit": .hex, "passed": .flag, "outcome": .text, "sandbox": sandbox,
    "log": .including(.paths, .text, otherwise: .blank),
  ])
  private static let pullRequest = LedgerForm.members([
    "number": .number, "url": .text, "branch": .text, "base": .text, "commit": .hex, "author": .text,
  ])
  private static let task = LedgerForm.members([
    "id": .text, "pullRequest": .number, "title": .text, "branch": .text, "needs": .each(.text),
    "outerNeeds": .each(.members(["branch": .text, "tip": .hex])), "candidateOf": .text,
  ])
  private static let header = LedgerForm.members([
    "version": .text, "id": .name, "process": process, "base": base, "remote": .text, "localReason": .text,
    "forge": .members(["provider": .word, "host": .text, "repository": .text, "destination": .text]),
    "noPullRequestsReason": .text, "jobs": .number, "agent": .text, "review": .members(["merges": .flag]),
    "settings": .including(
      .settings, .each(.members(["name": .text, "value": .text, "origin": .text])), otherwise: nil),
    "landing": .members([
      "mode": .word, "testCommand": .text, "remote": .text, "updatesCheckout": .flag, "tips": .values(.hex),
      "run": .name, "fixRounds": .number,
    ]),
    "lands": .members(["reviewed": .flag, "updatesCheckout": .flag, "fixRounds": .number]),
    "tasks": .each(task),
  ])
  private static let attempt = LedgerForm.members([
    "end": .word, "limit": .members(["kind": .word, "seconds": .number]), "message": .text, "exit": .text,
    "session": .name, "cost": .number, "sessionCost": .number, "inputTokens": .number, "outputTokens": .number,
    "cacheReadTokens": .number, "cacheWriteTokens": .number, "models": models, "estimatedCost": .number,
    "turns": .number, "denied": .each(.members(["tool": .text, "input": .blank])),
    "finalMessage": .including(.logs, .text, otherwise: nil), "unreadableLines": .number,
  ])

  /// By type. What an agent was asked, did and said, what the user's to-do list holds, where things are on the machine,
  /// and what is only needed to take a run back, is not here.
  static let all: [String: LedgerEvent] = [
    "run-started": change(["run": header]),
    "warned": detail(["message": .text]),
    "task-starting": change([
      "task": .text, "startCommit": .hex,
      "worktree": .members(["name": .text, "path": .including(.paths, .text, otherwise: .blank)]),
    ]),
    "worktree-created": detail(["task": .text]),
    "worktree-removed": detail(["task": .text]),
    "setup-starting": detail([
      "task": .text, "command": .including(.settings, .text, otherwise: .blank), "sandbox": sandbox,
    ]),
    "attempt-starting": change([
      "task": .text, "attempt": .number, "session": .name, "resumed": .flag, "sandbox": sandbox,
      "agent": .members(["kind": .word, "name": .text, "version": .text, "interactive": .flag]),
    ]),
    "attempt-ended": change(["task": .text, "attempt": .number, "result": attempt]),
    "retry-planned": detail(["task": .text, "notBefore": .time, "reason": .text]),
    "repository-changed": detail([
      "tasks": .each(.text), "changes": .each(.members(["kind": .word, "name": .text])),
    ]),
    "work-saved": detail([
      "task": .text, "attempt": .number, "reference": .text, "commit": .hex,
      "contents": .members(["files": .number, "commits": .number, "stashes": .number, "repositories": .number]),
    ]),
    "proven": change(["task": .text, "tip": .hex, "commits": commits]),
    "left-unproven": change(["task": .text, "commits": commits]),
    "push-starting": detail(["task": .text, "remote": .text, "commit": .hex]),
    "pushed": change(["task": .text, "commit": .hex]),
    "pull-request-starting": detail(["task": .text, "base": .text]),
    "pull-request-opened": change(["task": .text, "pullRequest": pullRequest, "adopted": .flag]),
    "pull-request-seen": change(["task": .text, "pullRequest": pullRequest]),
    "pull-request-refreshed": change([
      "task": .text,
      "state": .members(["state": .word, "base": .text, "head": .hex, "mergeCommit": .hex, "queued": .flag]),
    ]),
    "task-ended": change(["task": .text, "status": .word, "message": .text, "advice": .each(.text)]),
    "verdict-given": change([
      "task": .text,
      "verdict": .members([
        "decision": .word, "summary": .text, "commit": .hex,
        "findings": .each(
          .members(["severity": .word, "path": .text, "line": .number, "message": .text, "fixed": .flag])),
      ]),
    ]),
    "tests-starting": change(["task": .text, "command": .text, "commit": .hex, "sandbox": sandbox]),
    "tests-ended": change(["task": .text, "result": test]),
    "review-starting": detail(["task": .text, "commit": .hex]),
    "review-posted": change([
      "task": .text,
      "review": .members(["decision": .word, "note": .text, "url": .text, "commit": .hex, "wasThere": .flag]),
    ]),
    "merge-starting": detail(["task": .text, "commit": .hex, "tree": .hex]),
    "merged": change(["task": .text, "commit": .hex]),
    "started-over": change(["task": .text, "reason": .text]),
    "train-testing": change(["tasks": .each(.text), "command": .text, "commit": .hex, "sandbox": sandbox]),
    "train-tested": change(["tasks": .each(.text), "result": test, "cached": .flag]),
    "landed": change(["task": .text, "commit": .hex, "earlier": .text]),
    "returned": change([
      "task": .text,
      "record": .members([
        "landing": .name, "run": .name, "status": .word, "reason": .text, "tip": .hex, "base": base, "rebases": .flag,
        "fork": .hex, "paths": .each(.text), "with": .text, "test": test,
      ]),
    ]),
    "fixed": change([
      "task": .text,
      "fix": .members(["run": .name, "round": .number, "attempts": .number, "cost": .number, "seconds": .number]),
    ]),
    "task-added": change(["header": task]),
    "candidates-reviewed": change([
      "task": .text,
      "reviews": .each(
        .members(["candidate": .text, "commit": .hex, "score": .number, "decision": .word, "summary": .text])),
    ]),
    "candidate-chosen": change([
      "task": .text,
      "choice": .members([
        "candidate": .text, "tip": .hex, "reason": .text, "note": .text,
        "candidates": .each(
          .members([
            "id": .text, "status": .word, "tip": .hex, "testsPassed": .flag, "decision": .word, "score": .number,
            "lines": .number, "reason": .text,
          ])),
      ]),
    ]),
    "conflict-found": detail([
      "task": .text, "with": .text, "paths": .each(.text), "count": .number, "new": .flag,
    ]),
    "conflict-gone": detail(["task": .text, "with": .text]),
    "conflict-told": detail(["task": .text, "tasks": .each(.text), "base": .flag, "attempt": .number]),
    "held": change(["task": .text, "tasks": .each(.text)]),
    "waiting-for-checks": change(["task": .text, "checks": .each(.text), "until": .time]),
    "waiting-for-forge": detail(["until": .time, "reason": .text]),
    "paused": change(["until": .time, "reason": .text]),
    "resumed": change([:]),
    "plan-paid": detail([
      "planning": .members(["source": .word, "cost": .number, "estimatedCost": .number, "models": models])
    ]),
    "budget-set": detail(["budget": .number]),
    "budget-reached": change(["spent": .number, "estimated": .number, "budget": .number]),
    "halted": change(["reason": .text]),
    "interrupted": change(["signal": .word]),
    "stop-requested": change(["tasks": .each(.text), "now": .flag, "by": origin]),
    "aborted": change(["by": origin]),
    "run-ended": change([:]),
    "undo-starting": change(["process": process, "version": .text, "isRedo": .flag, "effects": .none]),
    "undo-ended": change(["isRedo": .flag, "left": .each(.text)]),
    "continued": change([
      "process": process, "version": .text, "jobs": .number, "agent": .text, "tasks": .each(.text),
    ]),
    "taken-over": change(["id": .name, "host": .text, "from": .text, "again": .each(.text)]),
  ]
}
