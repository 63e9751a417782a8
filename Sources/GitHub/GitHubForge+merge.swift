package import Forges
import HTTP

extension GitHubForge {
  package func merge(_ number: Int, _ order: MergeOrder) async throws(ForgeError) {
    let content = GitHubMerge(order)
    var pause = retryPolicy.firstPause
    for attempt in 0... {
      switch try await ask(for: content, on: number) {
      case .merged:
        return
      case .busy(let error) where attempt < retryPolicy.retries:
        try await retryPolicy.pause(for: pause, after: error)
        pause *= 2
      case .busy(let error), .refused(let error):
        // It may be merged all the same: by us, before an answer was lost, or by others.
        guard try await pullRequest(number).state == .merged else { throw error }
        return
      }
    }
  }

  private enum MergeAnswer {
    case merged
    /// Another merge came first, and GitHub works out again whether this one can be merged.
    case busy(ForgeError)
    case refused(ForgeError)
  }

  private func ask(for merge: GitHubMerge, on number: Int) async throws(ForgeError) -> MergeAnswer {
    let what = "merge pull request #\(number)"
    do throws(ForgeError) {
      // The commit that is expected makes it harmless when made twice.
      let response = try await api.exchange(
        "PUT", try api.url("pulls/\(number)/merge"), merge, isRepeatable: true, what)
      guard [405, 409].contains(response.status) else {
        let result = try api.decoded(GitHubMergeResult.self, try api.accepted(response, what), what)
        guard !result.merged else { return .merged }
        return .refused(api.error(.notMergeable, "cannot \(what): \(result.message ?? "GitHub did not merge it")"))
      }
      let refusal = api.refusal(response)
      if refusal.mentions("base branch was modified") || refusal.mentions("already in progress") {
        return .busy(api.error(.notMergeable, "cannot \(what): \(refusal.reason)"))
      }
      if refusal.mentions("merge queue") {
        return .refused(api.error(.queueRequired, "cannot \(what): \(refusal.reason)"))
      }
      let code: ForgeError.Code = response.status == 409 ? .headMoved : .notMergeable
      return .refused(api.error(code, "cannot \(what): \(refusal.reason)"))
    } catch {
      guard error.leavesDoubt else { throw error }
      return .refused(error)
    }
  }
}
