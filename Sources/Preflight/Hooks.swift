import Basics
import Engine
import SystemPackage

extension Preflight {
  /// Those that a commit or a push runs, or a new worktree.
  static let known = [
    "applypatch-msg", "commit-msg", "post-checkout", "post-commit", "pre-commit", "pre-push", "prepare-commit-msg",
  ]

  /// Hooks that are meant to run and do not. Those of a relative `core.hooksPath` do: agents get them from the main
  /// checkout, as pushes do.
  package func hooks() -> [Fact] {
    let name = "Hooks"
    let folder = place.hooks
    let setting = agentValue("core.hookspath").flatMap(\.self)
    if let setting, !setting.isEmpty {
      if setting == "/dev/null" { return [] }
      guard folder.isDirectory else {
        return [
          Fact(
            name, .warning,
            "no hook runs: 'core.hooksPath' is '\(setting)', and there is no folder '\(folder)'",
            advice: [
              setting.hasPrefix(".husky")
                ? "let husky make it, which 'npm install' does in most projects"
                : "make it, or remove the setting: git config --unset core.hooksPath"
            ])
        ]
      }
    } else if let root = place.checkout, Self.known.contains(where: { root.appending(".husky/\($0)").isRegularFile }) {
      return [
        Fact(
          name, .warning, "the hooks in '.husky' do not run, as 'core.hooksPath' does not name them",
          advice: ["let husky set it, which 'npm install' does in most projects"])
      ]
    }
    let present = Self.known.filter { folder.appending($0).isRegularFile }
    let idle = present.filter { !folder.appending($0).isExecutable }
    if let first = idle.first {
      return [
        Fact(
          name, .warning, "git does not run the hook '\(first)', which is not executable",
          advice: ["make it one: chmod +x \(shellQuoted(path: folder.appending(first).string))"])
      ]
    }
    guard let setting, !setting.isEmpty, !present.isEmpty else { return [] }
    return [Fact(name, .good, "those of '\(setting)' run in worktrees, too: \(present.joined(separator: ", "))")]
  }
}
