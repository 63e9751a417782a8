import Basics
import Foundation
import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct SettingsTableTests {
  @Test func `every key of SettingKeys is in the table, its member named like the setting`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Settings")
    let text = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("SettingKeys") }
      .map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }.joined()
    let members = Set(text.matches(of: /static var (\w+): Self/).map { String($0.output.1) })
    let rows = SettingsTable.all.map { row in
      row.name.split(separator: ".").enumerated()
        .map { $0.offset == 0 ? String($0.element) : $0.element.prefix(1).uppercased() + $0.element.dropFirst() }
        .joined()
    }
    #expect(members == Set(rows))
    #expect(rows.count == Set(rows).count)
  }

  @Test func `what needs trust is what can run code, widen what agents may do or let more be pushed`() {
    let trusted = SettingsTable.all.filter(\.needsTrust).map(\.name)
    #expect(
      trusted == [
        "git.provider", "worktreeDir", "worktree.copy", "worktree.setup", "project.testCommand",
        "project.testInstructions", "project.agentInstructions", "workflow.mode", "workflow.autoApprove",
        "tools.permissionMode",
        "tools.allowedCli", "tools.allowedTools", "tools.disallowedTools", "tools.addDirs", "tools.skipPermissions",
        "agent.kind", "agent.command", "env.pass", "launcher", "slurm.host", "slurm.partition", "slurm.account",
        "slurm.options",
        "ssh.hosts", "ssh.folder",
        "notify.command", "sandbox.mode", "sandbox.agents", "sandbox.network",
        "sandbox.writable",
        "review.agent", "review.automerge", "review.testBeforeMerge", "review.requireAllTestsPass",
        "review.tools.permissionMode", "review.tools.allowedCli", "review.tools.allowedTools",
        "review.tools.disallowedTools", "guard.secrets", "guard.allow", "guard.ignored", "guard.submodules",
        "guard.identity", "ledger.remote", "ledger.include", "mcps.enabled",
      ])
  }

  @Test(arguments: SettingsTable.all)
  func `a row can be shown on a line of a manual`(row: SettingDescription) {
    #expect(!row.summary.isEmpty && row.summary.count <= 100 && !row.summary.hasSuffix("."))
    #expect(!row.summary.contains("\n"))
    #expect(!row.defaultText.isEmpty)
    #expect(row.fullName == "orchestrator.\(row.name)")
    #expect(!row.name.contains("_"))
  }

  @Test func `defaults are written as a user would write them`() {
    let texts = Dictionary(uniqueKeysWithValues: SettingsTable.all.map { ($0.name, $0.defaultText) })
    #expect(texts["agent.inactivityTimeout"] == "5m")
    #expect(texts["agent.maxRuntime"] == "1h")
    #expect(texts["agent.retryDelay"] == "5s")
    #expect(texts["worktree.copy"] == ".env")
    #expect(texts["project.keyFiles"] == "none")
    #expect(texts["agent.useResume"] == "true")
    #expect(texts["tools.permissionMode"] == "acceptEdits")
    #expect(texts["run.jobs"] == "4")
    #expect(texts["git.baseBranch"] == "auto")
  }

  @Test(arguments: [
    ("workflow.autoApprove", "workflow.autoApprove"),
    ("workflow.auto_approve", "workflow.autoApprove"),
    ("orchestrator.workflow.auto_approve", "workflow.autoApprove"),
    ("ORCHESTRATOR.WORKFLOW.AUTOAPPROVE", "workflow.autoApprove"),
    ("worktree_dir", "worktreeDir"),
    ("tools.allowed_cli", "tools.allowedCli"),
  ])
  func `any spelling of a name is understood`(spelling: String, name: String) {
    #expect(Settings.canonicalName(spelling) == name)
  }

  @Test(arguments: ["", "orchestrator", "orchestrator.", "workflow", "autoApprove", "core.bare", "run.job"])
  func `a name that is not a setting has no canonical form`(name: String) {
    #expect(Settings.canonicalName(name) == nil)
  }
}
