import Basics
import Engine

extension Doctor {
  /// What looks like a secret and reaches agents, and with them tests and set-up commands.
  func checkEnvironment(_ notes: Findings) async {
    let policy = EnvironmentPolicy(scene.settings)
    let names = scene.environment.filter {
      SecretVariables.contains($0.key, value: $0.value) && !policy.isWithheld($0.key)
    }.keys.sorted()
    guard !names.isEmpty else { return notes.ok("Environment", "nothing in it that agents get looks like a secret") }
    notes.warn(
      "Environment",
      "agents get \(names.count == 1 ? "a variable that looks like a secret" : "variables that look like secrets"): \(names.joined(separator: ", "))",
      hints: names.map { "to hide it: git config --add orchestrator.env.hide \(shellQuoted($0))" })
  }
}
