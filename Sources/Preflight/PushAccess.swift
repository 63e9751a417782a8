import Basics
import Engine
package import Forges
import Git
import Platform
import Remotes
import Settings
import SystemPackage

extension Preflight {
  /// How long a remote may take to say whether it would take a push.
  private static let limit = Duration.seconds(60)

  /// Whether branches can be pushed: as the forge says, or else as the remote answers a push that brings nothing. nil
  /// where nothing is pushed.
  package func pushAccess(_ access: ForgeAccess?, at site: ForgeRepository?) async -> Fact? {
    let name = "Push access"
    if let site, let access {
      switch access.canPush {
      case true?: return Fact(name, .good, "may push to \(site.slug)")
      case false?:
        return Fact(
          name, .fault, "\(access.login.map { "'\($0)'" } ?? "this login") may not push to \(site.slug)",
          advice: [
            "ask for write access, or push to a fork of yours: git config remote.pushDefault NAME",
            "or keep the branches local: git orch run --no-push",
          ])
      case nil: break
      }
    }
    guard let remote, let trial else { return nil }
    if let folder = folder(of: remote) {
      for part in [folder, folder.removingLastComponent().appending("refs")] {
        guard let reason = FileSystem.whyNotWritable(part) else { continue }
        return Fact(
          name, .fault, "cannot push to '\(remote.name)': '\(part)' \(reason)",
          advice: ["or keep the branches local: git orch run --no-push"])
      }
      // There is no login that could be refused. In a folder of somebody else's, git itself may refuse.
      let isPlain = !place.settings.listing.entries.contains { $0.key == "remote.\(remote.name).receivepack" }
      if isPlain, FileStatus(folder)?.owner == geteuid() {
        return Fact(name, .good, "'\(remote.name)' lets this login push")
      }
    }
    do {
      let fault = try await place.git.pushFault(
        remote: remote.name, branch: trial.branch, tip: trial.commit, timeout: Self.limit)
      guard let fault else { return Fact(name, .good, "'\(remote.name)' lets this login push") }
      return Fact(
        name, .fault, "cannot push to '\(remote.name)': \(Secrets.withoutPasswords(Self.oneLine(fault)))",
        advice: ["or keep the branches local: git orch run --no-push"])
    } catch {
      if error.code == .cancelled { return nil }
      return Fact(name, .unknown, "whether '\(remote.name)' takes a push is not known: \(Self.oneLine(error.message))")
    }
  }

  /// Where a remote on this machine keeps its objects.
  private func folder(of remote: Remote) -> FilePath? {
    guard RemoteURL(remote.pushURL)?.location == .folder else { return nil }
    let path = remote.pushURL.hasPrefix("file://") ? String(remote.pushURL.dropFirst("file://".count)) : remote.pushURL
    let repository = (place.checkout ?? place.commonDirectory).pushing(FilePath(path))
    return [repository.appending("objects"), repository.appending(".git").appending("objects")]
      .first(where: \.isDirectory)
  }
}
