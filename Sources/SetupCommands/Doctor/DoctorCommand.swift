import Agents
package import ArgumentParser
import Basics
package import CommandSupport
import Diagnosis
import Engine
import Platform
import Processes
import SystemPackage
import TerminalUI

/// `git orch doctor`: check everything that a run needs.
package struct DoctorCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "doctor", abstract: "Check everything a run needs, and say how to fix it",
    usage: "git orch doctor [--json] [--mcps <names>] [--timeout <seconds>]")

  @Option(
    name: [.customShort("m", allowingJoined: true), .long],
    help: ArgumentHelp("Check these MCP servers instead of the enabled ones: a,b", valueName: "names"))
  var mcps: String?

  @Option(help: ArgumentHelp("How long a check may take (default: 2.5; a cluster: 20)", valueName: "seconds"))
  var timeout: Double?

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  package init() {}

  package func validate() throws {
    if let timeout, !(0.1...600).contains(timeout) { throw ValidationError("--timeout takes seconds from 0.1 to 600") }
    if mcps != nil, names.isEmpty { throw ValidationError("--mcps takes names, separated by commas") }
  }

  private var names: [String] {
    (mcps ?? "").split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let names = mcps == nil ? nil : names
    let limit = timeout.map { Duration.seconds($0) }
    do {
      let findings = try await stop.cancelling(at: .graceful) {
        await GitGuard.looking {
          let scene = await DoctorContext.look(
            from: context.directory, environment: context.environment, executable: context.executable,
            namedMCPs: names, send: LiveSession.send)
          return await Doctor(scene, limit: limit).examine()
        }
      }
      if let signal = signals.signal { return .interrupted(signal: signal) }
      if json {
        context.console.answer(try DoctorDocument(findings).json())
      } else {
        for line in DoctorText.lines(findings, palette: context.console.output.palette) { context.console.answer(line) }
      }
      return findings.contains { $0.state == .fault } ? .no : .done
    } catch {
      guard let status = signals.status(after: error) else { throw error }
      return status
    }
  }
}
