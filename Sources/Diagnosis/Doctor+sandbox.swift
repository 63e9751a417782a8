import Processes
import Settings

/// Whether what runs a fork's code, and agents where that is wished, can be put into a sandbox.
extension Doctor {
  func checkSandbox(_ notes: Findings) async {
    let name = "Sandbox"
    let mode = scene.settings[.sandboxMode]
    let coversAgents = scene.settings[.sandboxAgents]
    guard mode != .off else {
      return notes.skip(name, "switched off (orchestrator.sandbox.mode): a fork's code runs as you")
    }
    let what = coversAgents ? "agents, tests, set-ups and a fork's code" : "a fork's code"
    switch await SandboxTrial.shared.availability(scene.environment) {
    case .works(let tool):
      notes.ok(name, "\(tool.name) works (\(tool.program)): \(what) will run in it")
    case .missing(let obstacle) where mode == .required:
      notes.add(
        DoctorFinding(name, .fault, "\(obstacle.reason), and \(what) may not run without", hints: obstacle.advice))
    case .missing(let obstacle):
      notes.add(DoctorFinding(name, .warning, "\(obstacle.reason): \(what) will run without", hints: obstacle.advice))
    }
  }
}
