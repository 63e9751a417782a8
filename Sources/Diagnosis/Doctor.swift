import Basics
import Forges
import Processes

/// Looks at everything that a run needs, without changing anything.
package struct Doctor: Sendable {
  /// How long a program that gave no answer has to end itself.
  private static let grace = Duration.milliseconds(150)

  let scene: DoctorContext
  private let limit: Duration?

  /// - Parameter limit: How long a check may take; nil for what is usual for it.
  package init(_ scene: DoctorContext, limit: Duration?) {
    self.scene = scene
    self.limit = limit
  }

  /// Makes all checks side by side, and returns what they found in an order that is always the same.
  package func examine() async -> [DoctorFinding] {
    let secrets = Secrets(environment: scene.environment)
    return await Invocation.$grace.withValue(Self.grace) {
      await withTaskGroup(of: (Int, [DoctorFinding]).self) { group in
        for (position, check) in checks.enumerated() {
          group.addTask { (position, await findings(of: check, secrets)) }
        }
        var found: [Int: [DoctorFinding]] = [:]
        for await (position, findings) in group { found[position] = findings }
        return found.sorted { $0.key < $1.key }.flatMap(\.value)
      }
    }
  }

  /// A check, and what it looks at first.
  struct Check: Sendable {
    let subject: String
    /// How long it takes at most, unless the user says it.
    let usualLimit: Duration
    let perform: @Sendable (Findings) async -> Void

    init(
      _ subject: String, usually limit: Duration = .seconds(2.5),
      _ perform: @escaping @Sendable (Findings) async -> Void
    ) {
      self.subject = subject
      usualLimit = limit
      self.perform = perform
    }
  }

  private var checks: [Check] {
    [
      Check("git", checkGit), Check("libgit2", checkLibgit2), Check("Repository", checkRepository),
      Check("Author", checkIdentity), Check("Signing", checkSigning), Check("Hooks", checkHooks),
      Check("Ledger", checkLedger),
      Check("Settings", checkSettings), Check("Trust", checkTrust),
      Check("Git provider", checkForge), Check("Base branch", checkBase),
      Check("Agent", checkAgent), Check("Permissions", checkPermissions),
      Check("Environment", checkEnvironment),
      Check("Sandbox", checkSandbox),
      Check("MCP servers", checkMCPs), Check("Test command", checkTests), Check("Plan", checkPlan),
      Check("Worktrees", checkWorktreeFolder), Check("Disk", checkDisk), Check("Memory", checkMemory),
      Check("Open files", checkOpenFiles),
      Check("Slurm, ssh", usually: Self.clusterLimit) { await checkCluster($0, within: limit ?? Self.clusterLimit) },
      Check("Earlier runs", checkEarlierRuns),
      Check("Manual pages", checkManual), Check("Completion", checkCompletion),
    ]
  }

  private func findings(of check: Check, _ secrets: Secrets) async -> [DoctorFinding] {
    let notes = Findings(subject: check.subject, secrets: secrets)
    let limit = limit ?? check.usualLimit
    try? await withTimeLimit(limit, atLimit: { notes.close(after: limit) }) { await check.perform(notes) }
    return notes.findings
  }
}
