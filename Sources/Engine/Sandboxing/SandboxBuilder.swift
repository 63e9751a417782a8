import Agents
import Basics
import Git
import Processes
import Settings
import SystemPackage

/// Makes the profiles. What they show and hide is described in git-orch-sandbox(7): change both.
struct SandboxBuilder: Sendable {
  let place: RepositoryContext
  /// What the program gets.
  let environment: [String: String]

  /// A fork's code: the worktree, the system's programs and toolchains, and little else.
  /// - Parameter scratch: a folder of the run in which files for the profile may be written.
  func forFork(worktree: FilePath, scratch: FilePath) async throws -> SandboxProfile {
    var profile = SandboxProfile(allowsNetwork: false)
    hideSystem(in: &profile)
    for folder in ["/home", "/root", "/Users", "/mnt", "/media", "/srv", "/Volumes"] { profile.hide(FilePath(folder)) }
    for home in homes {
      profile.hide(home)
      for tool in HomeFolders.toolchains { profile.show(home.pushing(FilePath(tool))) }
    }
    addOwnHome(to: &profile)
    hideCheckouts(in: &profile, but: worktree)
    try await addForkGit(to: &profile, worktree: worktree, scratch: scratch)
    finish(&profile, worktree: worktree)
    return profile
  }

  enum GitAccess {
    case readOnly
    case committing(to: String?)
  }

  /// One's own tests and set-ups: the home can be read, but for what is known to hold secrets.
  func forOwn(worktree: FilePath, git: GitAccess) throws -> SandboxProfile {
    var profile = SandboxProfile(allowsNetwork: place.settings[.sandboxNetwork])
    hideSystem(in: &profile)
    for home in homes { shadow(home, in: &profile) }
    for path in place.settings.sandboxWritable(repositoryRoot: place.root) { profile.set(path, .writable) }
    try addOwnGit(to: &profile, worktree: worktree, access: git)
    finish(&profile, worktree: worktree)
    return profile
  }

  /// The same with what the agent's client needs: its state, and files that it is told to read.
  func forAgent(
    worktree: FilePath, branch: String?, directories: [FilePath], files: [FilePath], state: AgentState?
  ) throws -> SandboxProfile {
    var profile = try forOwn(worktree: worktree, git: .committing(to: branch))
    if let state {
      let own = state.variable.flatMap { environment[$0] }
      if own == nil, let home = environment["HOME"] {
        // A first conversation would be gone with the sandbox.
        try FileSystem.createFolder(FilePath(home).appending(state.folder), permissions: 0o700)
      }
      for home in homes {
        for name in [state.folder] + state.files { profile.set(home.appending(name), .writable) }
      }
      if let own { profile.set(FilePath(own), .writable) }
    }
    for folder in directories { profile.set(folder, .writable) }
    for file in files { profile.set(file, .readOnly) }
    return profile
  }

  // MARK: - The system

  /// Where services have their sockets, temporary files, and what root alone may read.
  private func hideSystem(in profile: inout SandboxProfile) {
    for path in HomeFolders.system { profile.hide(FilePath(path)) }
    for folder in ["/run/current-system", "/run/opengl-driver", "/run/host"] {
      if FilePath(folder).exists { profile.set(FilePath(folder), .readOnly) }
    }
    // A link into /run on many systems.
    if profile.allowsNetwork { profile.show("/etc/resolv.conf") }
    if let folder = environment["TMPDIR"], let real = FilePath(folder).realPath, !homes.contains(real) {
      profile.set(real, .scratch)
    }
  }

  /// The sockets with a name that programs listen at: one can be reached where it can be seen, also without a network.
  private var openSockets: [FilePath] {
    guard let table = try? FilePath("/proc/net/unix").readText(limit: 16 << 20, .repairsText) else { return [] }
    let paths = Set(
      table.split(separator: "\n").compactMap { line -> Substring? in
        guard let slash = line.firstIndex(of: "/") else { return nil }
        return line[slash...]
      })
    return paths.sorted().map { FilePath(String($0)) }.filter { $0.realPath == $0 }
  }

  // MARK: - The home

  /// The user's home, as the environment and as the system have it.
  private var homes: [FilePath] {
    let named = place.environment["HOME"].map { FilePath($0) }
    var found: [FilePath] = []
    for home in [named, HomeFolders.ofUser].compactMap({ $0?.realPath }) where home != "/" && !found.contains(home) {
      found.append(home)
    }
    return found
  }

  /// Where the program gets a home that is not the user's, an empty one with links to the toolchains, which look for
  /// each other there.
  private func addOwnHome(to profile: inout SandboxProfile) {
    guard let own = environment["HOME"].flatMap({ FilePath($0).realPath }), own != "/", !homes.contains(own) else {
      return
    }
    profile.place(own, .emptyFolder)
    for tool in HomeFolders.toolchains.map({ FilePath($0) }) {
      // That of the environment before that of the system.
      if let found = homes.map({ $0.pushing(tool) }).first(where: { $0.realPath != nil }) {
        profile.place(own.pushing(tool), .link(to: found.string))
      }
    }
  }

  /// The home, but for what holds secrets. So what a program writes next to its files there, as a lock or before a
  /// rename, is gone with the sandbox.
  private func shadow(_ home: FilePath, in profile: inout SandboxProfile) {
    shadow(home, leavingOut: Set(HomeFolders.secrets), in: &profile)
    for secret in HomeFolders.secrets {
      let path = home.pushing(FilePath(secret))
      guard let real = path.realPath, !profile.hides(real) else { continue }
      profile.hide(real)
    }
  }

  /// Puts a folder of the sandbox's own in the place of `folder`, and shows in it all that is there: what is new in it
  /// is gone with the sandbox.
  func shadow(_ folder: FilePath, leavingOut hidden: Set<String>, in profile: inout SandboxProfile) {
    profile.place(folder, .emptyFolder)
    for name in folder.entries ?? [] where !hidden.contains(name) {
      let entry = folder.appending(name)
      switch entry.kind {
      case .link(let target): profile.place(entry, .link(to: target))
      case .file, .folder: profile.place(entry, .readOnly)
      case .other: break
      }
    }
  }

  // MARK: - Checkouts

  /// The user's own checkout, and all other worktrees.
  private func hideCheckouts(in profile: inout SandboxProfile, but worktree: FilePath) {
    if place.root != place.commonDirectory { profile.hide(place.root) }
    if let checkout = place.checkout { profile.hide(checkout) }
    // Those of other tasks and of later ones.
    let folder = worktree.removingLastComponent()
    if folder != "/" { profile.hide(folder) }
    let records = place.commonDirectory.appending("worktrees")
    for name in records.entries ?? [] {
      guard let text = try? records.appending(name).appending("gitdir").readText(limit: 1 << 16, .plainFile) else {
        continue
      }
      let other = FilePath(text.trimmed).removingLastComponent()
      if other.isAbsolute, other.realPath != worktree.realPath { profile.hide(other) }
    }
  }

  /// What no other rule may have taken away or given: the worktree, programs on `PATH`, and sockets.
  private func finish(_ profile: inout SandboxProfile, worktree: FilePath) {
    let kept = homes + [place.root, place.commonDirectory, worktree].compactMap(\.realPath)
    for folder in FilePath.folders(in: environment["PATH"]) where folder.isAbsolute {
      guard let real = folder.realPath, !kept.contains(where: { $0.lies(in: real) }) else { continue }
      profile.show(folder)
    }
    profile.set(worktree, .writable)
    // Rewritten, it would lead our own git to a configuration of somebody's making.
    profile.set(worktree.appending(".git"), .readOnly)
    for socket in openSockets where !profile.hides(socket) { profile.place(socket, .emptyFile) }
  }
}

extension FilePath {
  fileprivate enum Kind {
    case file, folder, other
    case link(to: String)
  }

  fileprivate var kind: Kind {
    if isDirectory { return .folder }
    if let target = linkTarget { return .link(to: target) }
    return isRegularFile ? .file : .other
  }
}
