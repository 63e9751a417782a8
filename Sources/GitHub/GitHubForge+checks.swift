import Basics
package import Forges

extension GitHubForge {
  /// From both kinds that GitHub has: check runs (of applications, Actions among them) and commit statuses.
  package func checks(of commit: String) async throws(ForgeError) -> CheckSummary {
    let what = "read the checks of commit \(commit.prefix(12))"
    let runs = try await api.readPages(
      GitHubCheckRuns.self, try api.url("commits/\(percentEncoded(commit))/check-runs", ["per_page": "100"]), what
    ).flatMap(\.runs)
    // The combined state is of no use: it is "pending" where there is no status at all.
    let statuses = try await api.readPages(
      GitHubCombinedStatus.self, try api.url("commits/\(percentEncoded(commit))/status", ["per_page": "100"]), what
    ).flatMap(\.statuses)

    var failed: [String] = []
    var pending: [String] = []
    for run in runs {
      if run.status != "completed" {
        pending.append(run.name)
      } else if !["success", "neutral", "skipped"].contains(run.conclusion ?? "") {
        failed.append(run.name)
      }
    }
    for status in statuses {
      if status.state == "pending" {
        pending.append(status.context)
      } else if status.state != "success" {
        failed.append(status.context)
      }
    }
    if !failed.isEmpty { return CheckSummary(state: .failed, names: failed) }
    if !pending.isEmpty { return CheckSummary(state: .pending, names: pending) }
    return CheckSummary(
      state: runs.isEmpty && statuses.isEmpty ? .none : .passed,
      reported: Set(runs.map(\.name) + statuses.map(\.context)))
  }
}
