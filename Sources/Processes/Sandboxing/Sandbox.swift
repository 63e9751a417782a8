package import SystemPackage

/// A profile, and the tool that holds a program to it.
package struct Sandbox: Sendable, Equatable {
  package let tool: SandboxTool
  package var profile: SandboxProfile

  package init(tool: SandboxTool, profile: SandboxProfile) {
    self.tool = tool
    self.profile = profile
  }
}

/// The program by which a system makes sandboxes.
package enum SandboxTool: Sendable, Equatable {
  /// `bwrap`, on Linux.
  case bubblewrap(FilePath)
  /// `sandbox-exec`, on macOS.
  case seatbelt(FilePath)

  package var program: FilePath {
    switch self {
    case .bubblewrap(let path), .seatbelt(let path): path
    }
  }

  package var name: String {
    switch self {
    case .bubblewrap: "bubblewrap"
    case .seatbelt: "Seatbelt"
    }
  }

  /// How many processes of its own stand between us and the program: bubblewrap's, which waits for the other, and the
  /// first process within, which collects orphans.
  var layers: Int {
    switch self {
    case .bubblewrap: 2
    case .seatbelt: 0
    }
  }

  func arguments(for profile: SandboxProfile, directory: FilePath?) -> [String] {
    switch self {
    case .bubblewrap: bubblewrapArguments(for: profile, directory: directory)
    case .seatbelt: ["-p", seatbeltProfile(for: profile)]
    }
  }
}

extension Invocation {
  /// The invocation as the system gets it: the sandbox's tool, where there is one, with the program as its arguments.
  /// The environment, the mark and the folder stay as they are.
  package var asStarted: Invocation {
    guard let sandbox else { return self }
    var started = self
    started.sandbox = nil
    var profile = sandbox.profile
    // The user chose the program, wherever it lies.
    profile.show(executable)
    started.executable = sandbox.tool.program
    started.arguments =
      sandbox.tool.arguments(for: profile, directory: directory) + [executable.string] + arguments
    return started
  }
}
