package import Forges
import HTTP

extension GitHubForge {
  package func post(
    _ review: ReviewPost, on pullRequest: PullRequest
  ) async throws(ForgeError) -> PostedReview {
    let what = "post a review on pull request #\(pullRequest.number)"
    let user = try await user()
    if let present = try await find(review, on: pullRequest, by: user, what) {
      return posted(present, for: review, wasThere: true)
    }
    let url = try api.url("pulls/\(pullRequest.number)/reviews")
    var draft = GitHubReviewDraft(review)
    var pause = retryPolicy.firstPause
    var failures = 0
    var hasRemovedPending = false
    while true {
      do throws(ForgeError) {
        let response = try await api.exchange("POST", url, draft.content, isRepeatable: false, what)
        guard response.status == 422 else {
          let review = try api.decoded(GitHubReview.self, try api.accepted(response, what), what)
          return posted(review, for: draft.review, note: draft.note)
        }
        let refusal = api.refusal(response)
        if refusal.mentions("your own pull request"), draft.decision != .comment {
          draft.decision = .comment
          draft.note = "GitHub lets nobody review their own pull requests: the review is a comment"
        } else if refusal.mentions("pending review"), !hasRemovedPending {
          try await removePending(on: pullRequest, by: user, what)
          hasRemovedPending = true
        } else if !draft.remarks.isEmpty {
          // It refuses the whole review, and does not say which remark it means.
          let shown = draft.hasMovedRemarks ? [:] : try await shownLines(of: pullRequest, what)
          draft.moveRemarks { shown[$0.path]?.contains($0.line) ?? false }
        } else {
          throw api.error(refusal, what)
        }
      } catch {
        guard error.leavesDoubt else { throw error }
        if let present = try await find(review, on: pullRequest, by: user, what) {
          return posted(present, for: review, note: draft.note)
        }
        guard failures < retryPolicy.retries else { throw error }
        failures += 1
        try await retryPolicy.pause(for: pause, after: error)
        pause *= 2
      }
    }
  }

  /// The review that carries the signature and is of the same login. A login that GitHub does not show is an
  /// application's.
  private func find(
    _ review: ReviewPost, on pullRequest: PullRequest, by user: GitHubUser?, _ what: String
  ) async throws(ForgeError) -> GitHubReview? {
    let pages = try await api.readPages(
      [GitHubReview].self, try api.url("pulls/\(pullRequest.number)/reviews", ["per_page": "100"]), what)
    return pages.joined().last { present in
      let isOwn =
        if let user { present.user?.login.lowercased() == user.login.lowercased() } else { present.user?.type == "Bot" }
      return isOwn && (present.body ?? "").split(whereSeparator: \.isNewline).contains { $0 == review.signature }
    }
  }

  /// Removes the login's review that was never submitted, of which GitHub has one at most: a request of which only a part
  /// came leaves such a one, and every later review is refused for it. One that a person has begun to write stays.
  private func removePending(
    on pullRequest: PullRequest, by user: GitHubUser?, _ what: String
  ) async throws(ForgeError) {
    let path = "pulls/\(pullRequest.number)/reviews"
    let pages = try await api.readPages([GitHubReview].self, try api.url(path, ["per_page": "100"]), what)
    // GitHub shows them to nobody but their authors.
    for review in pages.joined() where review.state == "PENDING" {
      guard let id = review.id else { continue }
      if let user, let author = review.user?.login, author.lowercased() != user.login.lowercased() { continue }
      let text = review.body ?? ""
      let isOurs = text.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("git-orch review ") }
      if !isOurs {
        let comments = try await api.readPages([GitHubComment].self, try api.url("\(path)/\(id)/comments"), what)
        guard text.isEmpty, comments.joined().isEmpty else {
          throw api.error(
            .invalid, "cannot \(what): you have begun a review there that is not submitted",
            hints: ["submit or discard it on GitHub: \(pullRequest.url)/files"])
        }
      }
      let response = try await api.exchange("DELETE", try api.url("\(path)/\(id)"), isRepeatable: true, what)
      if response.status != 404 { _ = try api.accepted(response, what) }
    }
  }

  private func posted(
    _ present: GitHubReview, for review: ReviewPost, note: String? = nil, wasThere: Bool = false
  ) -> PostedReview {
    let decision: ReviewPost.Decision =
      switch present.state {
      case "APPROVED": .approve
      case "CHANGES_REQUESTED": .requestChanges
      default: .comment
      }
    var note = note
    if decision == review.decision {
      note = nil
    } else if note == nil {
      note = present.state == "DISMISSED" ? "it was dismissed on GitHub" : "GitHub shows it as a comment"
    }
    return PostedReview(decision: decision, note: note, url: present.url, wasThere: wasThere)
  }

  /// The lines of each file, as it is at the head, that the change shows: those that a remark can be on.
  private func shownLines(
    of pullRequest: PullRequest, _ what: String
  ) async throws(ForgeError) -> [String: Set<Int>] {
    let pages = try await api.readPages(
      [GitHubFile].self, try api.url("pulls/\(pullRequest.number)/files", ["per_page": "100"]), what)
    return Dictionary(
      pages.joined().map { ($0.filename, Self.shownLines(ofPatch: $0.patch ?? "")) }, uniquingKeysWith: { $1 })
  }

  static func shownLines(ofPatch patch: String) -> Set<Int> {
    var lines: Set<Int> = []
    var next = 0
    for line in patch.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("@@"), let plus = line.firstIndex(of: "+") {
        next = Int(line[plus...].dropFirst().prefix { $0.isASCII && $0.isNumber }) ?? 0
      } else if line.hasPrefix("+") || line.hasPrefix(" ") {
        lines.insert(next)
        next &+= 1  // The number may be any.
      }
    }
    return lines
  }
}

/// A review on its way to what GitHub takes.
struct GitHubReviewDraft: Sendable {
  let review: ReviewPost
  var decision: ReviewPost.Decision
  /// Why the decision is another than asked for.
  var note: String?
  /// Those that are on their lines.
  private(set) var remarks: [ReviewPost.LineComment]
  /// Those that are in the text.
  private var moved: [ReviewPost.LineComment] = []

  init(_ review: ReviewPost) {
    self.review = review
    decision = review.decision
    remarks = review.lineComments
  }

  var hasMovedRemarks: Bool { !moved.isEmpty }

  /// Moves the remarks that do not fit into the text; all of them when all seem to fit, since one did not.
  mutating func moveRemarks(unless fits: (ReviewPost.LineComment) -> Bool) {
    let fitting = remarks.filter(fits)
    remarks = fitting.count == remarks.count ? [] : fitting
    moved = review.lineComments.filter { !remarks.contains($0) }
  }

  var content: GitHubNewReview {
    let events: [ReviewPost.Decision: String] = [.approve: "APPROVE", .requestChanges: "REQUEST_CHANGES"]
    let end = "\n\n\(review.signature)"
    var text = review.body
    let added = review.missingInText(moved)
    if !added.isEmpty {
      let list = added.map { remark in
        // Further lines belong to the list's item.
        "- `\(remark.path):\(remark.line)` — \(remark.body.replacing("\n", with: "\n  "))"
      }
      text += (text.isEmpty ? "" : "\n\n") + list.joined(separator: "\n")
    }
    return GitHubNewReview(
      event: events[decision] ?? "COMMENT", commit: review.commit, body: GitHubForge.cut(text, keeping: end),
      comments: remarks.map {
        GitHubNewReview.Comment(path: $0.path, line: $0.line, body: GitHubForge.cut($0.body, keeping: end))
      })
  }
}
