import Basics
package import Forges
import HTTP

extension BitbucketForge {
  /// Line comments first, then the text, then the decision: where the text is, all line comments have been seen to.
  package func post(
    _ review: ReviewPost, on pullRequest: PullRequest
  ) async throws(ForgeError) -> PostedReview {
    let user = try await user()
    let number = pullRequest.number
    var posted = try await PostedComments(of: review, by: user, among: comments(on: number))
    let wasThere = posted.text != nil
    if posted.text == nil {
      var refused: [ReviewPost.LineComment] = []
      for remark in posted.missing(of: review.lineComments) {
        let inline = BitbucketNewComment.Inline(path: remark.path, to: remark.line)
        let comment = BitbucketNewComment(review.signed(remark.body), inline: inline)
        if try await !add(comment, of: review, by: user, on: number, to: &posted) { refused.append(remark) }
      }
      let text = BitbucketNewComment(review.signed(review.body(with: refused)))
      _ = try await add(text, of: review, by: user, on: number, to: &posted)
    }
    let (decision, note) = try await decide(review, user: user, on: number)
    return PostedReview(
      decision: decision, note: note, url: posted.text?.links?.html?.href ?? pullRequest.url, wasThere: wasThere)
  }

  private func comments(on number: Int) async throws(ForgeError) -> [BitbucketComment] {
    try await api.readAll(
      BitbucketComment.self,
      from: try api.url(
        ["pullrequests", "\(number)", "comments"], query: [("pagelen", "\(BitbucketAPI.pageLength)")]),
      "the comments on \(name(of: number))")
  }

  /// Posts a comment. After a lost answer it looks whether the comment is there before it tries again.
  /// - Returns: false when Bitbucket does not take a comment on that line.
  private func add(
    _ comment: BitbucketNewComment, of review: ReviewPost, by user: BitbucketUser, on number: Int,
    to posted: inout PostedComments
  ) async throws(ForgeError) -> Bool {
    let what = "a comment on \(name(of: number))"
    let url = try api.url(["pullrequests", "\(number)", "comments"])
    var pause = retryPolicy.firstPause
    for attempt in 0... {
      do throws(ForgeError) {
        let response = try await api.exchange("POST", url, comment, isRepeatable: false)
        if response.status == 400, comment.inline != nil { return false }
        posted.add(try api.decoded(BitbucketComment.self, from: try api.accepted(response, what), what))
        return true
      } catch {
        guard error.leavesDoubt else { throw error }
        let isLast = attempt >= retryPolicy.retries
        if !isLast {
          try await retryPolicy.pause(for: pause, after: error)
          pause *= 2
        }
        if posted.addNew(among: try await comments(on: number), like: comment, of: review, by: user) { return true }
        if isLast { throw error }
      }
    }
    return false
  }

  /// Approves, or requests changes, in place of what the account decided before.
  private func decide(
    _ review: ReviewPost, user: BitbucketUser, on number: Int
  ) async throws(ForgeError) -> (ReviewPost.Decision, note: String?) {
    guard review.decision != .comment else { return (.comment, nil) }
    let (decision, opposite) =
      review.decision == .approve ? ("approve", "request-changes") : ("request-changes", "approve")
    let present = try await told(number)
    // Approval counts for whatever the head is by then.
    if review.decision == .approve, !PullRequest(present, at: site).isAt(review.commit) {
      let seen = try await pullRequest(number, retryPolicy: retryPolicy) { $0.isAt(review.commit) }
      guard seen.isAt(review.commit) else {
        return (.comment, "its head is no longer \(review.commit.prefix(12)), which was reviewed")
      }
    }
    let decided = present.participants?.first { user.isSame(as: $0.user) }?.decision
    if decided == decision { return (review.decision, nil) }
    if decided == opposite || present.participants == nil {
      let response = try await api.exchange(
        "DELETE", try api.url(["pullrequests", "\(number)", opposite]), isRepeatable: true)
      // There is nothing to be dropped.
      if ![400, 404, 409].contains(response.status) {
        _ = try api.accepted(response, "the earlier review of \(name(of: number))")
      }
    }
    let response = try await api.exchange(
      "POST", try api.url(["pullrequests", "\(number)", decision]), isRepeatable: true)
    let refusal = api.refusal(response)
    if [400, 403, 409].contains(response.status), refusal.requiredScopes.isEmpty {
      if refusal.mentions("already approved", "already requested changes") { return (review.decision, nil) }
      let isAuthor = user.isSame(as: present.author) && response.status != 403
      if isAuthor || refusal.mentions("author", "own pull request", "your own", "creator", "yourself") {
        return (
          .comment, "Bitbucket allows no review by the author\(refusal.reason.isEmpty ? "" : ": \(refusal.reason)")"
        )
      }
      if !present.isOpen { return (.comment, "it is no longer open") }
    }
    _ = try api.accepted(response, "the review of \(name(of: number))")
    return (review.decision, nil)
  }
}

extension BitbucketPullRequest.Participant {
  /// In the words of the URL that would decide so.
  fileprivate var decision: String? {
    switch state {
    case "approved": "approve"
    case "changes_requested": "request-changes"
    default: approved == true ? "approve" : nil
    }
  }
}

/// The comments of one review that are on the forge.
private struct PostedComments {
  private(set) var text: BitbucketComment?
  private var remarks: [BitbucketComment] = []
  private var known: Set<Int> = []
  private let signature: String

  init(of review: ReviewPost, by user: BitbucketUser, among comments: [BitbucketComment]) {
    signature = review.signature
    for comment in comments where Self.isPart(comment, of: review, by: user) { add(comment) }
  }

  private static func isPart(_ comment: BitbucketComment, of review: ReviewPost, by user: BitbucketUser) -> Bool {
    comment.deleted != true && user.isSame(as: comment.user) && review.isSignature(at: comment.content?.raw ?? "")
  }

  mutating func add(_ comment: BitbucketComment) {
    known.insert(comment.id)
    if comment.inline == nil { text = text ?? comment } else { remarks.append(comment) }
  }

  /// Takes up the comment like `wanted` that was not there before.
  mutating func addNew(
    among comments: [BitbucketComment], like wanted: BitbucketNewComment, of review: ReviewPost, by user: BitbucketUser
  ) -> Bool {
    let new = comments.first {
      !known.contains($0.id) && Self.isPart($0, of: review, by: user) && $0.inline?.path == wanted.inline?.path
        && $0.inline?.to == wanted.inline?.to
    }
    if let new { add(new) }
    return new != nil
  }

  /// Those that are not posted yet. What is on the same line counts as posted, its text being as the forge keeps it.
  func missing(of wanted: [ReviewPost.LineComment]) -> [ReviewPost.LineComment] {
    var left = remarks
    func take(_ remark: ReviewPost.LineComment, byText: Bool) -> Bool {
      let index = left.firstIndex {
        $0.inline?.path == remark.path && $0.inline?.to == remark.line
          && (!byText || ($0.content?.raw ?? "").hasPrefix(remark.body))
      }
      if let index { left.remove(at: index) }
      return index != nil
    }
    return wanted.filter { !take($0, byText: true) }.filter { !take($0, byText: false) }
  }
}

extension ReviewPost {
  fileprivate func signed(_ text: String) -> String {
    text.isEmpty ? signature : "\(text)\n\n\(signature)"
  }

  /// Whether the text ends in the signature's line.
  fileprivate func isSignature(at text: String) -> Bool {
    let last = text.split(whereSeparator: \.isNewline).last { !$0.isBlank }
    return last?.trimmed == signature.trimmed
  }

  /// The text with the remarks that could not be posted on their lines.
  fileprivate func body(with remarks: [LineComment]) -> String {
    ([body] + missingInText(remarks).map { "`\($0.path)`, line \($0.line):\n\n\($0.body)" }).filter { !$0.isEmpty }
      .joined(separator: "\n\n")
  }
}
