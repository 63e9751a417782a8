#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A pull request that is open now, and whether it was before.
package struct OpenedPullRequest: Sendable, Equatable {
  package let pullRequest: PullRequest
  package let wasThere: Bool

  package init(pullRequest: PullRequest, wasThere: Bool) {
    self.pullRequest = pullRequest
    self.wasThere = wasThere
  }
}

extension Forge {
  /// Sees to it that the branch has one open pull request, whoever else is at it and wherever an earlier attempt ended.
  ///
  /// One that is open already is adopted, whatever its base: a second one for the same branch is never wanted. After an
  /// answer that was lost, and after the forge's "exists already", it is looked for again.
  /// - Throws: what `create` throws; `.serverError` or `.unreachable` when the forge does not come to itself.
  package func openOnce(
    _ new: NewPullRequest, retryPolicy: ForgeRetryPolicy
  ) async throws(ForgeError) -> OpenedPullRequest {
    var pause = retryPolicy.firstPause
    for attempt in 0... {
      if let present = try await openPullRequest(for: new) {
        return OpenedPullRequest(pullRequest: present, wasThere: true)
      }
      do throws(ForgeError) {
        return OpenedPullRequest(pullRequest: try await create(new), wasThere: false)
      } catch {
        // A branch that was pushed a moment ago may not be known everywhere yet. What else is refused stays refused.
        let isWorthAnother = error.leavesDoubt || error.code == .alreadyExists || error.code == .branchUnknown
        guard isWorthAnother, attempt < retryPolicy.retries else {
          guard error.code != .alreadyExists, let late = try await openPullRequest(for: new) else { throw error }
          return OpenedPullRequest(pullRequest: late, wasThere: true)
        }
        if error.code == .alreadyExists, let present = try await openPullRequest(for: new) {
          return OpenedPullRequest(pullRequest: present, wasThere: true)
        }
        try await retryPolicy.pause(for: pause, after: error)
        pause *= 2
      }
    }
    throw ForgeError(.cancelled, "canceled")
  }

  private func openPullRequest(for new: NewPullRequest) async throws(ForgeError) -> PullRequest? {
    let present = try await openPullRequests(from: new.head)
    return present.first { $0.base == new.base } ?? present.first
  }

  /// Posts a comment with the signature as its last line, unless one with that signature is there.
  package func commentOnce(
    _ text: String, signature: String, on number: Int, retryPolicy: ForgeRetryPolicy
  ) async throws(ForgeError) {
    var pause = retryPolicy.firstPause
    for attempt in 0... {
      if try await remarks(on: number).contains(where: { $0.text.contains(signature) }) { return }
      do throws(ForgeError) {
        return try await comment("\(text)\n\n\(signature)", on: number)
      } catch {
        guard error.leavesDoubt, attempt < retryPolicy.retries else { throw error }
        try await retryPolicy.pause(for: pause, after: error)
        pause *= 2
      }
    }
  }

  /// Asks for the pull request until it is as wanted, for forges that show a change only after a while.
  /// - Returns: It as it was last seen, wanted or not.
  package func pullRequest(
    _ number: Int, retryPolicy: ForgeRetryPolicy, until isAsWanted: @Sendable (PullRequest) -> Bool
  ) async throws(ForgeError) -> PullRequest {
    var pause = retryPolicy.firstPause
    var seen = try await pullRequest(number)
    for _ in 0..<retryPolicy.retries where !isAsWanted(seen) {
      try await retryPolicy.pause(for: pause, after: nil)
      pause *= 2
      seen = try await pullRequest(number)
    }
    return seen
  }
}

extension ForgeRetryPolicy {
  /// Waits between two requests that ask for the same.
  package func pause(for duration: Duration, after error: ForgeError?) async throws(ForgeError) {
    try await pause(for: duration, .failure(error?.message ?? "the forge is not up to date yet"))
  }

  package func pause(for duration: Duration, _ cause: Cause) async throws(ForgeError) {
    do {
      try await wait(duration, Date(timeIntervalSinceNow: duration / .seconds(1)), cause)
    } catch {
      throw ForgeError(.cancelled, "canceled while waiting for the forge")
    }
  }
}
