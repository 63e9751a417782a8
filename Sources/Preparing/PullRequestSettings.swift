import Basics
import Engine
import Forges
import Git
import Processes
import Settings

extension PullRequestDelivery {
  /// As the settings and the project have it.
  init(
    _ forge: any Forge, destination: String, retryPolicy: ForgeRetryPolicy, remote: String, in place: RepositoryContext
  ) async throws {
    let settings = place.settings
    let fields = PullRequestFields(
      isDraft: settings[.prDraft], reviewers: settings[.prReviewers], labels: settings[.prLabels],
      assignees: settings[.prAssignees], milestone: settings[.prMilestone])
    self.init(
      forge: forge, destination: destination, retryPolicy: retryPolicy, fields: fields,
      template: try await PullRequestTemplate.text(on: destination, of: remote, in: place))
  }
}

/// The project's template of the texts of pull requests, where GitHub looks for it.
enum PullRequestTemplate {
  private static let names: Set = ["pull_request_template.md", "pull_request_template.txt", "pull_request_template"]
  private static let mostBytes = 16 << 10

  /// From the branch that the pull requests are for; nil where it has none.
  static func text(
    on branch: String, of remote: String, in place: RepositoryContext
  ) async throws -> String? {
    guard let commit = try await place.inRepository({ try $0.remoteBranch(branch, of: remote) }) else { return nil }
    let listing = try await place.git.run(
      .reading, ["ls-tree", "-l", "-z", "--full-tree", "\(commit)", "./", ".github/", "docs/"])
    guard listing.isSuccess else { return nil }
    var found: [String: Substring] = [:]
    for record in listing.records {
      // `<mode> blob <id> <size>\t<path>`; a link is no template.
      let parts = record.split(separator: "\t", maxSplits: 1)
      let fields = parts.first?.split(separator: " ") ?? []
      guard parts.count == 2, fields.count == 4, fields[0].hasPrefix("100"), let size = Int(fields[3]),
        (1...mostBytes).contains(size)
      else { continue }
      found[parts[1].lowercased()] = fields[2]
    }
    for folder in [".github/", "", "docs/"] {
      for name in names.sorted() {
        guard let blob = found[folder + name] else { continue }
        let bytes = try await place.git.require(.reading, ["cat-file", "blob", "\(blob)"]).bytes
        guard let text = String(validating: bytes, as: UTF8.self), !text.isBlank else { continue }
        return text
      }
    }
    return nil
  }
}
