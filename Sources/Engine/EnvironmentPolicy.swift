package import Guarding
package import Processes
package import Settings

/// What of the user's environment comes to the programs that are started for others: agents, tests and set-ups.
package struct EnvironmentPolicy: Sendable, Equatable {
  private let hidden: [String]
  private let passed: [String]

  package init(_ settings: Settings) {
    hidden = settings[.envHide]
    passed = settings[.envPass]
  }

  /// For one's own agents, tests and set-ups, which may need anything: all of it, less what only we need (the logins of
  /// forges, our own variables) and what `env.hide` names; `env.pass` gives back.
  package func own(_ environment: [String: String]) -> [String: String] {
    environment.filter { !isWithheld($0.key) }
  }

  /// For agents: the same, with their commits the user's, and the hooks that they run the main checkout's.
  package func agents(
    _ environment: [String: String], by identity: CommitIdentity, guarding: GitGuard, isForeign: Bool
  ) -> [String: String] {
    let ours = GitVariables.droppingCommandLineValues(own(environment))
    return GitVariables.adding(
      guarding.forAgents(isForeign: isForeign), to: ours.merging(identity.environment) { $1 })
  }

  /// Whether one's own agents, tests and set-ups do not get the variable.
  package func isWithheld(_ variable: String) -> Bool {
    let isHidden =
      ForgeLogins.contains(variable) || variable.hasPrefix("GIT_ORCH_") || Self.matches(variable, hidden)
    return isHidden && !Self.matches(variable, passed)
  }

  /// `AWS_*` stands for all that begin so.
  private static func matches(_ variable: String, _ patterns: [String]) -> Bool {
    patterns.contains { pattern in
      pattern.hasSuffix("*") ? variable.hasPrefix(pattern.dropLast()) : variable == pattern
    }
  }

  // MARK: - A stranger's code

  /// For what a stranger wrote: only what any program needs, and where toolchains are. `home` is a folder of its own.
  package static func foreign(_ environment: [String: String], home: String) -> [String: String] {
    var result = environment.filter { plain.contains($0.key) || $0.key.hasPrefix("LC_") || toolchains.contains($0.key) }
    if let userHome = environment["HOME"] {
      // Programs that are in the user's home look there for the rest of themselves.
      for (variable, folder) in homeToolchains where result[variable] == nil {
        result[variable] = "\(userHome)/\(folder)"
      }
    }
    result["HOME"] = home
    return result
  }

  private static let plain: Set<String> = [
    "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
  ]

  private static let toolchains: Set<String> = [
    "ANDROID_HOME", "ANDROID_SDK_ROOT", "CC", "CONDA_PREFIX", "CXX", "DEVELOPER_DIR", "DOTNET_ROOT", "FLUTTER_ROOT",
    "GOROOT", "GOTOOLCHAIN", "JAVA_HOME", "RUSTUP_TOOLCHAIN", "SDKROOT", "TOOLCHAINS", "VIRTUAL_ENV",
  ]

  private static let homeToolchains = [
    "ASDF_DATA_DIR": ".asdf", "NVM_DIR": ".nvm", "PYENV_ROOT": ".pyenv", "RBENV_ROOT": ".rbenv",
    "RUSTUP_HOME": ".rustup", "SDKMAN_DIR": ".sdkman",
  ]
}

/// The variables by which forges know the user. Agents open no pull requests, and what strangers wrote must not see them.
package enum ForgeLogins {
  private static let names: Set<String> = [
    "GH_ENTERPRISE_TOKEN", "GH_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GITHUB_PERSONAL_ACCESS_TOKEN", "GITHUB_TOKEN",
  ]

  package static func contains(_ variable: String) -> Bool {
    names.contains(variable) || variable.hasPrefix("BITBUCKET_")
  }
}
