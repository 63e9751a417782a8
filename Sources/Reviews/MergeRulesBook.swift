import Basics
import Engine
import Forges
import Git
import Processes
import Synchronization

/// What a forge says about merges, asked once in a review.
actor MergeRulesBook {
  private let forge: any Forge
  private var rules: [String: MergeRules] = [:]
  /// By base: the last checks there, as far as there were any.
  private var past: [String: PastChecks?] = [:]

  init(forge: any Forge) { self.forge = forge }

  func rules(of branch: String) async throws(ForgeError) -> MergeRules {
    if let known = rules[branch] { return known }
    let told = try await forge.mergeRules(of: branch)
    rules[branch] = told
    return told
  }

  /// Why checks are to be expected although none has begun, as a clause; nil when nothing says so.
  func reasonForChecks(
    into base: String, at commit: ObjectID, in place: RepositoryContext
  ) async throws -> String? {
    if past[base] == nil { past[base] = .some(try await forge.recentChecks(into: base)) }
    if let earlier = past[base] ?? nil { return "they did on #\(earlier.number)" }
    guard forge.site.kind == .gitHub else { return nil }
    // A workflow that is for some paths only may well have nothing to do.
    let all = try await workflows(with: ["pull_request"], at: commit, in: place)
    guard !all.isEmpty else { return nil }
    let partial = try await workflows(
      with: ["paths", "paths-ignore", "branches", "branches-ignore"], at: commit, in: place)
    return all.subtracting(partial).min().map { "'\(plainText($0, limit: 100))' is run for pull requests" }
  }

  private func workflows(
    with words: [String], at commit: ObjectID, in place: RepositoryContext
  ) async throws -> Set<String> {
    let patterns = words.flatMap { ["-e", "\($0)"] }
    let output = try await place.git.run(
      .reading,
      ["grep", "-l", "-w", "--full-name", "--no-color"] + patterns + ["\(commit)", "--", ":(top).github/workflows"])
    // 1: none.
    return Set(
      output.text.split(separator: "\n").compactMap { line in
        line.firstIndex(of: ":").map { String(line[line.index(after: $0)...]) }
      }.filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") })
  }
}

/// One at a time: from the last look at a base to the end of the merge into it.
final class MergeTurn: Sendable {
  private struct State {
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func take() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.isTaken {
          state.waiting.append(continuation)
          return false
        }
        state.isTaken = true
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  func giveBack() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.waiting.isEmpty else {
        state.isTaken = false
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
