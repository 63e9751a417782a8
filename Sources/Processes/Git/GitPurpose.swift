package import SystemPackage

/// Why git is started, which decides what of other people's it may start in its turn. CONTRIBUTING.md has the table of
/// all calls.
package enum GitPurpose: Sendable, Equatable {
  /// Reads or writes configuration, which runs nothing; so no option of ours is added, which would show in it.
  case configuring
  /// Looks at what is here. No hooks; a clean filter only where files are compared with the index.
  case reading
  /// Changes references, records or an index, or removes files. No hooks.
  case recording
  /// Takes the files of a working tree into the database. No hooks; clean filters.
  case saving
  /// Fills a working tree. The hooks are those of the main checkout, nil for none; smudge filters, and what submodules
  /// and filters need to reach their remotes.
  case checkout(hooks: FilePath?)
  /// Asks a remote or fetches from it. No hooks; ssh, credential helpers, proxies.
  case fetching
  /// Pushes. The hooks are those of the main checkout, nil for none; ssh, credential helpers, proxies.
  case pushing(hooks: FilePath?)

  /// Whether it needs no remote.
  var isLocal: Bool {
    switch self {
    case .reading, .recording, .saving: true
    case .configuring, .checkout, .fetching, .pushing: false
    }
  }

  /// Whether it is an exchange with a remote.
  package var isWithRemote: Bool {
    switch self {
    case .fetching, .pushing: true
    case .configuring, .reading, .recording, .saving, .checkout: false
    }
  }

  /// Whether one that failed half way may be run again: what it has done by then is found done.
  package var mayBeRepeated: Bool {
    switch self {
    case .reading, .saving, .fetching, .pushing: true
    case .configuring, .recording, .checkout: false
    }
  }

  private var hooks: FilePath? {
    switch self {
    case .checkout(let hooks), .pushing(let hooks): hooks
    case .configuring, .reading, .recording, .saving, .fetching: nil
    }
  }

  /// What git gets before its command. An option outranks every file, and all that the user said for our own command line.
  func options(isForeign: Bool) -> [String] {
    if self == .configuring { return [] }
    let hooks = isForeign ? nil : hooks
    return [
      // Processes that would outlive the command.
      "gc.auto=0", "maintenance.auto=false",
      "core.fsmonitor=false",
      // A URL such as `ext::sh -c …` is a command: nobody's work needs one, and whoever packed a repository may plant it.
      "protocol.ext.allow=never",
      "core.hooksPath=\(hooks?.string ?? "/dev/null")",
    ].flatMap { ["-c", $0] }
  }
}
