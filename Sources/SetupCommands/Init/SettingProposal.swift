import Discovery
import Git
import Settings

/// A setting that fits the repository and is not its default.
struct SettingProposal: Sendable {
  enum Value: Sendable, Equatable {
    case text(String)
    case list([String])

    /// As it is in the configuration.
    var text: String {
      switch self {
      case .text(let text): text
      case .list(let items): items.joined(separator: ",")
      }
    }
  }

  enum State: Sendable, Equatable {
    case unset
    /// It has this value already.
    case inForce
    /// It has another value; `isBeyondReach` when one in the local configuration would change nothing.
    case other(String, origin: String, isBeyondReach: Bool)
  }

  /// The canonical name without `orchestrator.`.
  let name: String
  let value: Value
  let state: State

  var fullName: String { "orchestrator.\(name)" }

  init<Setting: Equatable>(_ key: SettingKey<Setting>, _ value: Setting, as written: Value, in settings: Settings) {
    name = key.name
    self.value = written
    let (present, origin) = (settings[key], settings.origin(of: key))
    if origin == .builtIn {
      state = .unset
    } else if present == value {
      state = .inForce
    } else {
      state = .other(key.format(present), origin: "\(origin)", isBeyondReach: origin.isAboveLocal)
    }
  }

  /// Whether it is to be written to the local configuration.
  func isDue(force: Bool) -> Bool {
    switch state {
    case .unset: true
    case .inForce: false
    case .other(_, _, let isBeyondReach): force && !isBeyondReach
    }
  }

  /// All that fit, in the order of documentation.
  static func all(_ facts: RepositoryFacts, _ project: Project?, in settings: Settings) -> [SettingProposal] {
    var proposals: [SettingProposal] = []
    func propose(_ key: SettingKey<String?>, _ value: String?) {
      guard let value else { return }
      proposals.append(SettingProposal(key, value, as: .text(value), in: settings))
    }
    propose(.gitBaseBranch, facts.base.isFoundUnasked ? nil : facts.base.branch)
    if let remote = facts.proposedRemote {
      proposals.append(SettingProposal(.gitRemote, remote, as: .text(remote), in: settings))
    }
    guard let project else { return proposals }
    if !project.keyFiles.isEmpty {
      let files = project.keyFiles
      proposals.append(SettingProposal(.projectKeyFiles, files, as: .list(files), in: settings))
    }
    propose(.projectTestCommand, project.testCommand?.command)
    propose(.worktreeSetup, project.setupCommand)
    propose(.projectAgentInstructions, project.agentInstructions)
    return proposals
  }
}

extension SettingOrigin {
  /// Whether it counts before the repository's own configuration.
  fileprivate var isAboveLocal: Bool {
    switch self {
    case .config(.worktree, _), .config(.command, _), .override: true
    case .config, .builtIn: false
    }
  }
}
