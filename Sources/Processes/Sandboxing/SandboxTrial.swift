import Basics
import SystemPackage

/// Whether programs can be put into a sandbox here.
package enum SandboxAvailability: Sendable, Equatable {
  case works(SandboxTool)
  case missing(SandboxObstacle)
}

/// Why there is no sandbox, and what to do about it.
package struct SandboxObstacle: Sendable, Equatable {
  /// A clause.
  package let reason: String
  /// A line each.
  package let advice: [String]

  package init(reason: String, advice: [String]) {
    self.reason = reason
    self.advice = advice
  }
}

/// Finds out by making one, once for each tool: what a version or a setting of the kernel says decides little, since
/// containers and security modules have a say too.
package actor SandboxTrial {
  package static let shared = SandboxTrial()

  private var known: [String: Task<SandboxAvailability?, Never>] = [:]

  package func availability(_ environment: [String: String]) async -> SandboxAvailability {
    guard let tool = Self.tool(environment) else { return .missing(Self.absent) }
    let key = tool.program.string
    // The first who asks tries for all; whoever is canceled meanwhile does not cut the trial short.
    let trial = known[key] ?? Task { await Self.outcome(of: tool, environment) }
    known[key] = trial
    if let outcome = await trial.value { return outcome }
    known[key] = nil
    return .missing(SandboxObstacle(reason: "\(tool.name) could not be tried", advice: []))
  }

  private static func tool(_ environment: [String: String]) -> SandboxTool? {
    #if canImport(Darwin)
      let program: FilePath = "/usr/bin/sandbox-exec"
      return ExecutableSearch.kind(of: program.string) == .executable ? .seatbelt(program) : nil
    #else
      return ExecutableSearch(environment).locate("bwrap").map { .bubblewrap($0) }
    #endif
  }

  private static var absent: SandboxObstacle {
    #if canImport(Darwin)
      SandboxObstacle(reason: "/usr/bin/sandbox-exec is not there", advice: [])
    #else
      SandboxObstacle(
        reason: "bubblewrap (bwrap) is not installed",
        advice: ["install it: sudo apt install bubblewrap, sudo dnf install bubblewrap or sudo pacman -S bubblewrap"])
    #endif
  }

  /// nil when there was no answer that would be the same next time.
  private static func outcome(of tool: SandboxTool, _ environment: [String: String]) async -> SandboxAvailability? {
    var profile = SandboxProfile(allowsNetwork: false)
    profile.set("/tmp", .emptyFolder)
    var trial = Invocation(
      executable: "/bin/sh", arguments: ["-c", ":"], environment: environment, directory: "/")
    trial.sandbox = Sandbox(tool: tool, profile: profile)
    do throws(ProcessFailure) {
      let answer = try await trial.run(outputLimit: 1 << 16, timeout: .seconds(10))
      if answer.exit.isSuccess { return .works(tool) }
      return .missing(
        obstacle(tool, plainText(String(decoding: answer.standardError, as: UTF8.self), limit: 300), "\(answer.exit)"))
    } catch {
      if case .notStarted(let why) = error {
        let words = why.hasPrefix(SandboxStatus.beginning) ? String(why.dropFirst(SandboxStatus.beginning.count)) : why
        return .missing(obstacle(tool, words, words))
      }
      return nil
    }
  }

  /// What a tool's own words mean.
  package static func obstacle(_ tool: SandboxTool, _ words: String, _ exit: String) -> SandboxObstacle {
    let said = words.isEmpty ? exit : words
    let reason = "\(tool.name) does not work here: \(said)"
    let lowered = words.lowercased()
    if lowered.contains("proc") && lowered.contains("mount") {
      return SandboxObstacle(
        reason: reason,
        advice: [
          "the container does not allow a new /proc: start it with --security-opt systempaths=unconfined"
        ])
    }
    let forbidden = ["uid map", "new namespace", "rtm_newaddr", "user namespace", "no space left"]
    if forbidden.contains(where: lowered.contains) {
      return SandboxObstacle(
        reason: reason,
        advice: [
          "this user may not create user namespaces; the administrator of the system can allow it: "
            + "sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1",
          "on Ubuntu, bwrap needs an AppArmor profile, or user namespaces must be allowed for all programs: "
            + "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
          "in a container: start it with --security-opt seccomp=unconfined",
        ])
    }
    return SandboxObstacle(reason: reason, advice: [])
  }
}
