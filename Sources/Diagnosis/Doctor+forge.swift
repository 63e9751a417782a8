import Basics
import Engine
import Forges
import Git
import Plans
import Preflight
import Processes
import Remotes
import Settings

/// The forge, and what the login at hand may do there.
extension Doctor {
  /// Nobody is waited for: a forge that turns us away says so at once.
  private static let noPatience = ForgeRetryPolicy(longestWait: .zero, retries: 0) { _, _, _ in
    throw CancellationError()
  }

  func checkForge(_ notes: Findings) async {
    let name = "Git provider"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    let lookup = ForgeLookup(place: place, send: scene.send, retryPolicy: Self.noPatience)
    let remotes = place.remotes(slug: scene.plan?.settings.repoSlug)
    let remote = remotes.base?.name ?? remotes.name
    if let fault = remotes.fault { notes.add(DoctorFinding("Remote", .fault, error: fault)) }
    do {
      switch try await ForgeLookup.finding(in: place, slug: scene.plan?.settings.repoSlug) {
      case nil:
        notes.warn(
          name, "there is no remote '\(remote)': branches stay local, and no pull requests are opened",
          fixes: ["git remote add \(remote) URL"])
      case .found(let site):
        let isNamed = scene.settings[.gitProvider] != .auto
        notes.ok(name, "\(site.kind.name) (\(site.host) \(isNamed ? "set" : "detected"))")
        let heads = await ForgeLookup.heads(for: site, in: place, slug: scene.plan?.settings.repoSlug)
        if let heads { notes.ok(name, ForgeLookup.route(to: site, from: heads)) }
        await checkLogin(site, heads, lookup, notes)
      case .unsupported(let service):
        notes.warn(name, "\(service) is not supported: branches are pushed, but no pull requests are opened")
      case .noForge(let reason):
        notes.add(
          DoctorFinding(
            name, .warning,
            "'\(remote)' is not on a forge, as \(reason): branches are pushed, but no pull requests are opened",
            advice: reason.hints))
      case .invalid(let fault):
        notes.fault(name, fault)
      }
    } catch {
      notes.add(DoctorFinding(name, .fault, error: error))
    }
  }

  private func checkLogin(
    _ site: ForgeRepository, _ heads: ForgeRepository?, _ lookup: ForgeLookup, _ notes: Findings
  ) async {
    let name = site.kind == .gitHub ? "gh CLI" : "Bitbucket login"
    notes.begin(name)
    // Without pull requests nobody needs the login.
    let bad: DoctorFinding.State = scene.opensPullRequests ? .fault : .warning
    do throws(ForgeError) {
      async let version = clientVersion(site)
      let forge = try lookup.forge(at: site, heads: heads)
      let access = try await forge.access()
      let details = [await version, access.login.map { "as \($0)" }].compactMap(\.self).joined(separator: ", ")
      let words = site.kind == .gitHub ? "installed and authenticated" : "accepted"
      notes.ok(name, details.isEmpty ? words : "\(words) (\(details))")
      var pushed = access
      if heads != nil, let theirs = try await forge.accessToHeads() {
        pushed = theirs
        pushed.login = theirs.login ?? access.login
      }
      await notePushAccess(pushed, heads ?? site, notes, bad)
    } catch  where error.code == .cancelled {
      // The time is over, which is reported as such.
      return
    } catch {
      notes.add(
        DoctorFinding(
          name, bad, error.code == .clientMissing ? "not installed: it is needed to reach GitHub" : error.message,
          advice: error.hints))
    }
  }

  /// Where the forge does not say, the remote is asked.
  private func notePushAccess(
    _ access: ForgeAccess, _ site: ForgeRepository, _ notes: Findings, _ bad: DoctorFinding.State
  ) async {
    guard access.canPush != nil, let fact = await preflight?.pushAccess(access, at: site) else { return }
    let finding = DoctorFinding(fact)
    notes.add(
      DoctorFinding(
        finding.name, finding.state == .fault ? bad : finding.state, finding.message, fixes: finding.fixes,
        hints: finding.hints))
  }

  /// `gh 2.23.0`; nil for a forge without a program of its own, and when it does not say.
  private func clientVersion(_ site: ForgeRepository) async -> String? {
    guard site.kind == .gitHub, let gh = ExecutableSearch(scene.environment).locate("gh") else { return nil }
    var environment = scene.environment
    environment["GH_NO_UPDATE_NOTIFIER"] = "1"
    let program = Invocation(executable: gh, arguments: ["--version"], environment: environment)
    guard let output = try? await program.run(), output.status == 0 else { return nil }
    // `gh version 2.23.0 (2023-02-27 …)`
    let words = String(decoding: output.standardOutput.prefix(200), as: UTF8.self).split(separator: " ")
    return words.count > 2 && words[1] == "version" ? "gh \(words[2])" : nil
  }

  // MARK: - The base branch

  func checkBase(_ notes: Findings) async {
    let name = "Base branch"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    let remotes = place.remotes(
      of: scene.plan?.tasks.map(\.branch) ?? [], slug: scene.plan?.settings.repoSlug)
    do {
      let remote = remotes.base?.name
      let (plan, setting) = (scene.plan?.settings.baseBranch, scene.settings[.gitBaseBranch])
      let branch = try await place.inRepository {
        try Base.branchName(plan: plan, setting: setting, remote: remote, in: $0)
      }
      // What only the remote has is fetched by the run itself; here it is only asked for.
      let base = try await place.inRepository { repository in
        Result { try Base.resolve(branch, remote: remote, in: repository) }
      }
      if case .success(let base) = base {
        notes.ok(name, "\(branch) at \(base.commit.abbreviated)\(base.note.map { " (\($0))" } ?? "")")
      }
      guard let remote else {
        _ = try base.get()
        return
      }
      notes.begin("Remote")
      let isOne = remotes.push?.name == remote && remotes.push?.separatePushURL == nil
      let tips = await checkRemote(
        remote, base: branch, resolved: base, tasks: isOne ? scene.plan?.tasks.map(\.branch) ?? [] : [], in: place,
        notes)
      guard let push = remotes.push else { return }
      await checkPush(push, at: try? base.get().commit, known: isOne ? tips ?? [:] : nil, in: place, notes)
    } catch {
      notes.add(DoctorFinding(name, .fault, error: error))
    }
  }

  /// - Parameter tasks: branches that are asked for as well.
  /// - Returns: what the remote has; nil when it does not answer.
  private func checkRemote(
    _ remote: String, base branch: String, resolved: Result<Base, any Error>, tasks: [String],
    in place: RepositoryContext, _ notes: Findings
  ) async -> [String: ObjectID]? {
    let name = "Remote"
    let destination = scene.plan?.settings.destinationBranch ?? scene.settings[.gitDestinationBranch] ?? branch
    let tips: [String: ObjectID]
    do {
      tips = try await place.git.remoteBranches(
        remote: remote, named: [branch, destination] + Self.inTheWay(of: tasks), below: tasks)
    } catch {
      if error.code == .cancelled { return nil }
      if case .failure(let failure) = resolved { notes.add(DoctorFinding("Base branch", .fault, error: failure)) }
      notes.fault(
        name, "cannot reach '\(remote)': \(firstLine(error.message))",
        hints: ["to keep branches local: git orch run --no-push"])
      return nil
    }
    await judge(tips, of: remote, base: branch, destination: destination, resolved: resolved, in: place, notes)
    return tips
  }

  private func judge(
    _ tips: [String: ObjectID], of remote: String, base branch: String, destination: String,
    resolved: Result<Base, any Error>, in place: RepositoryContext, _ notes: Findings
  ) async {
    let name = "Remote"
    if case .failure(let failure) = resolved, tips[branch] == nil {
      notes.add(DoctorFinding("Base branch", .fault, error: failure))
    }
    guard let tip = tips[destination] else {
      let now = try? await place.git.remoteDefault(of: remote)
      let known = try? await place.inRepository { try $0.defaultBranch(of: remote) }
      if let now, known == destination, now != destination {
        let error = BranchNames.renamedDefault(of: remote, from: destination, to: now)
        return notes.add(DoctorFinding(name, .fault, error: error))
      }
      return notes.add(
        DoctorFinding(
          name, await hasForge(place) ? .fault : .warning,
          "'\(remote)' has no branch '\(destination)'\(scene.opensPullRequests ? " to open pull requests against" : "")",
          fixes: ["git push \(remote) \(destination)"]))
    }
    guard let theirs = tips[branch] else { return notes.ok(name, "'\(remote)' answers; '\(branch)' exists only here") }
    let known = try? await place.inRepository { try $0.remoteBranch(branch, of: remote) }
    guard known == theirs else {
      return notes.warn(
        name, "\(branch) on '\(remote)' is at \(theirs.abbreviated), which is not fetched",
        fixes: ["git fetch \(remote) \(branch)"], hints: ["a run fetches it automatically"])
    }
    notes.ok(name, "'\(remote)' answers; \(branch) is fetched (\(tip.abbreviated))")
  }

  private func hasForge(_ place: RepositoryContext) async -> Bool {
    guard scene.opensPullRequests else { return false }
    guard case .found? = try? await ForgeLookup.finding(in: place, slug: scene.plan?.settings.repoSlug) else {
      return false
    }
    return true
  }

  /// git's first words; what follows is its advice for the terminal.
  private func firstLine(_ text: String) -> String {
    text.split(separator: "\n").first.map(String.init) ?? text
  }
}
