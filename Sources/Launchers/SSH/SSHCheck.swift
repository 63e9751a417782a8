import Basics
package import SystemPackage

/// What can be known of the hosts before agents are paid.
extension SSH {
  package struct HostReport: Sendable, Equatable {
    package let host: String
    /// What goes wrong; nil where the host can have jobs.
    package var failure: LaunchError?
    package var git = ""
    /// In bytes; nil where it does not say.
    package var free: Int64?
    /// What keeps the limits of the settings from holding there, as a clause; nil where they hold, or there are none.
    package var unlimited: String?
    /// What would change that; nil where nothing would.
    package var remedy: String?
    /// Whether jobs are units of systemd's.
    package var hasUnits = false
    /// Programs that are not there.
    package var lacking: [String] = []
  }

  /// The oldest git that has all that is asked of it there: `bundle create --quiet`, `read-tree --reset -u` as it is used.
  static let minimumGit = [2, 17]

  /// Asks all hosts of the settings, side by side.
  /// - Parameter programs: what agents are started with, as paths here or by name.
  package func reports(programs: [String]) async -> [HostReport] {
    await withTaskGroup(of: (Int, HostReport).self) { group in
      for (index, host) in settings.hosts.enumerated() {
        group.addTask { (index, await report(host.name, programs)) }
      }
      var reports: [(Int, HostReport)] = []
      for await report in group { reports.append(report) }
      return reports.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// - Parameter units: the manager and its controllers; or `none`, and why.
  private func note(_ units: [String], in report: inout HostReport) {
    report.hasUnits = units.first != "none"
    guard let limits = (manner as? ProcessManner)?.limits, !limits.settings.isEmpty else { return }
    let all =
      limits.settings.joined(separator: ", ") + (limits.settings.count == 1 ? " has" : " have")
      + " no effect on \(report.host)"

    if units == ["none", "linger"] {
      report.unlimited = "\(all): units of systemd's would end with your last session"
      report.remedy = "let them live on there: loginctl enable-linger"
    } else if !report.hasUnits {
      report.unlimited = "\(all): it has no systemd for your jobs"
    } else if limits.memory != nil, !units.contains("memory") {
      report.unlimited = "orchestrator.ssh.memory has no effect on \(report.host): your units have no limits of memory"
    } else if limits.cpus != nil, !units.contains("cpu") {
      report.unlimited =
        "orchestrator.ssh.cpus has no effect on \(report.host): your units have no limits of processors"
    }
  }

  private func report(_ name: String, _ programs: [String]) async -> HostReport {
    var report = HostReport(host: name)
    let connection = SSHConnection(host: name, environment: environment)
    do throws(LaunchError) {
      let lines = try await connection.lines(
        "probe_units() {\n\(manner.unitProbe ?? ":")\n}\n"
          + FarScript.text(
            FarScript.probe,
            [
              "folder": settings.folder, "setup": settings.setup == nil ? "" : "yes",
              "needs": manner.programs.joined(separator: " "),
              "programs": programs.joined(separator: "\n"),
            ]))
      for (word, value) in lines {
        switch word {
        case "git": report.git = plainText(value, limit: 60)
        case "free": report.free = Int64(value).map { $0 * 1024 }
        case "units": note(value.split(separator: " ").map(String.init), in: &report)
        case "lacks": report.lacking.append(plainText(value, limit: 200))
        default: break
        }
      }
      let version = report.git.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
      if report.git.isEmpty {
        report.lacking.append("git")
      } else if version.lexicographicallyPrecedes(Self.minimumGit) {
        report.lacking.append("git \(Self.minimumGit.map(String.init).joined(separator: ".")) (it has \(report.git))")
      }
    } catch {
      report.failure = error
    }
    return report
  }
}
