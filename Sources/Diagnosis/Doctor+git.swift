import Agents
import Basics
import Engine
import Git
import Guarding
import Preflight
import Processes
import Settings
import SystemPackage

/// git itself, the repository, and who commits.
extension Doctor {
  /// `fetch --no-write-fetch-head` came with it; everything else that is asked of git is older.
  private static let oldestGit = GitVersion(2, 29)
  /// `merge-tree --write-tree`, for merges that need objects which libgit2 cannot fetch.
  private static let oldestGitForIncomplete = GitVersion(2, 38)
  /// The oldest that this suite was tried with.
  private static let oldestLibgit2 = GitVersion(1, 5)

  func checkGit(_ notes: Findings) async {
    do {
      let version = try await scene.git.version()
      guard version >= Self.oldestGit else {
        notes.fault(
          "git", "version \(version) is too old: \(Self.oldestGit) or newer is needed",
          hints: ["update git: https://git-scm.com/downloads"])
        return
      }
      notes.ok("git", "version \(version)")
      guard version < Self.oldestGitForIncomplete,
        let shape = try? await scene.place?.inRepository({ try $0.shape() }),
        shape.isShallow || shape.isPartialClone
      else { return }
      notes.warn(
        "git", "version \(version) cannot start a task from several others in a shallow or partial clone",
        hints: ["git \(Self.oldestGitForIncomplete) or newer can"])
    } catch {
      notes.add(
        DoctorFinding(
          "git", .fault, error.code == .gitMissing ? "not found on PATH" : "\(error)",
          hints: error.code == .gitMissing ? ["install git: https://git-scm.com/downloads"] : []))
    }
  }

  func checkLibgit2(_ notes: Findings) async {
    let version: GitVersion
    do {
      version = try GitVersion.ofLibgit2()
    } catch {
      return notes.add(DoctorFinding("libgit2", .fault, error: error))
    }
    guard version >= Self.oldestLibgit2 else {
      return notes.warn(
        "libgit2", "version \(version) is older than any that was tested",
        hints: ["install libgit2 \(Self.oldestLibgit2) or newer"])
    }
    notes.ok("libgit2", "version \(version)")
  }

  func checkRepository(_ notes: Findings) async {
    let name = "Repository"
    guard let place = scene.place else { return noteMissingRepository(notes) }
    do {
      let shape = try await place.inRepository { try $0.shape() }
      let kind = shape.isBare ? " (bare)" : shape.isLinkedWorktree ? " (a linked worktree)" : ""
      notes.ok(name, "\(place.checkout ?? place.commonDirectory)\(kind)")
      if shape.isShallow {
        notes.warn(
          name, "a shallow clone: agents and reviewers see only a part of its history", fixes: ["git fetch --unshallow"]
        )
      }
      if shape.isPartialClone {
        notes.add(
          DoctorFinding(
            name, .ok, "a partial clone: git fetches what is missing when a worktree is created, over the network"))
      }
      if shape.hasSubmodules {
        notes.ok(name, "has submodules: those that are initialized are in each worktree too")
      }
      if shape.isSparse { notes.ok(name, "a sparse checkout: worktrees are equally sparse") }
      if let fact = await preflight?.largeFiles(shape: shape) { notes.add(DoctorFinding(fact)) }
    } catch {
      notes.add(DoctorFinding(name, .fault, error: error))
    }
  }

  private func noteMissingRepository(_ notes: Findings) {
    let name = "Repository"
    guard let error = scene.repositoryFault else { return }
    switch error.code {
    case .notARepository:
      notes.fault(
        name, "\(error)", fixes: ["git init"], hints: ["or run this in a repository: git -C FOLDER orch doctor"])
    case .unsafeOwner:
      notes.fault(
        name, "it belongs to another user",
        fixes: ["git config --global --add safe.directory \(shellQuoted(scene.directory.string))"],
        hints: ["only if you trust what is in it"])
    default:
      notes.add(DoctorFinding(name, .fault, error: error))
    }
  }

  func checkIdentity(_ notes: Findings) async {
    let name = "Author"
    do {
      let identity = try await CommitIdentity.required(
        in: scene.place.map { $0.checkout ?? $0.commonDirectory } ?? scene.directory, environment: scene.environment,
        listing: scene.settings.listing)
      let isOne = identity.author == identity.committer
      notes.ok(name, isOne ? "\(identity.author)" : "\(identity.author), committed by \(identity.committer)")
    } catch let error as RunError {
      notes.fault(name, error.fault, fixes: error.hints)
    } catch {
      notes.skip(name, (error as? GitError)?.code == .gitMissing ? "git is missing" : "\(error)")
    }
  }

  func checkSettings(_ notes: Findings) async {
    let name = "Settings"
    switch scene.settingsFault {
    case nil:
      notes.ok(name, "all valid")
    case .badValues(let settings):
      for setting in settings {
        notes.fault(name, setting.description, fixes: Self.unsetting(setting))
      }
    case .gitUnavailable:
      notes.skip(name, "they cannot be read, as git is missing")
    case .some(let error):
      notes.add(DoctorFinding(name, .fault, error: error))
    }
    for warning in scene.settings.warnings { notes.warn(name, warning) }
  }

  /// Only what waits for trust has a line.
  func checkTrust(_ notes: Findings) async {
    let pending = scene.settings.pendingTrust
    guard !pending.isEmpty else { return }
    let values = pending.count == 1 ? "1 value needs" : "\(pending.count) values need"
    notes.fault(
      "Trust", "\(values) your trust: \(pending.map(\.line).joined(separator: "; "))",
      fixes: ["git orch config --trust"], hints: ["they can run code or widen what agents may do: look at them first"])
  }

  /// The command that removes a value where it stands, when that is in a file of git's own.
  private static func unsetting(_ setting: BadSetting) -> [String] {
    guard case .config(let scope, _) = setting.origin else { return [] }
    switch scope {
    case .system, .global, .local, .worktree: return ["git config --\(scope.rawValue) --unset-all \(setting.name)"]
    case .user, .team, .command, .unknown: return []
    }
  }
}
