import Basics
package import Engine
package import Forges
package import Git
import Processes

/// What a forge says about merges, asked once in a review or a landing.
package actor MergeRulesBook {
  private let forge: any Forge
  private var rules: [String: MergeRules] = [:]
  /// By base: the last checks there, as far as there were any.
  private var past: [String: PastChecks?] = [:]

  package init(forge: any Forge) { self.forge = forge }

  package func rules(of branch: String) async throws(ForgeError) -> MergeRules {
    if let known = rules[branch] { return known }
    let told = try await forge.mergeRules(of: branch)
    rules[branch] = told
    return told
  }

  /// Why checks are to be expected although none has begun, as a clause; nil when nothing says so.
  package func reasonForChecks(
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
