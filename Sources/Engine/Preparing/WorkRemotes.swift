import Basics
import Forges
package import Git
import Processes
import Settings

/// Where work comes from and where it goes, as git and gh know it of the repository.
package struct WorkRemotes: Sendable {
  /// Where the base is fetched from and pull requests are opened; nil when there is no such remote.
  package let base: Remote?
  /// Where branches are pushed to; nil when there is no such remote.
  package let push: Remote?
  /// The remote that would be used if there were one, for messages.
  package let name: String
  /// The repository for pull requests that gh was told to use, `OWNER/NAME`; nil where it is the base remote's own.
  package let chosenSlug: String?
  /// Why nothing can be pushed; nil when it can.
  package let fault: RunError?
}

extension RepositoryContext {
  /// The remotes of work on these branches.
  ///
  /// Branches are pushed where `orchestrator.git.remote` says, else where git would push them
  /// (`branch.<name>.pushRemote`, `remote.pushDefault`), else to `origin`, or to the only remote there is. The base is
  /// that of the remote which gh takes for the base (`remote.<name>.gh-resolved`), else of the remote whose repository
  /// `slug` or `orchestrator.git.repoSlug` names, else of `orchestrator.git.remote`, `origin` or the only remote.
  package func remotes(of branches: [String] = [], slug: String? = nil) -> WorkRemotes {
    let entries = settings.listing.entries
    let all = Remote.all(entries.map { .init(key: $0.key, value: $0.value) })
    func remote(_ name: String?) -> Remote? { all.first { $0.name == name } }
    func value(_ key: String) -> String? { entries.last { $0.key == key }?.value }

    let setting = settings[.gitRemote]
    let isNamed = settings.origin(of: .gitRemote) != .builtIn
    let usual = remote(setting) ?? (isNamed ? nil : all.count == 1 ? all[0] : nil)

    var fault: RunError?
    var push = usual
    if !isNamed {
      let wished = Set(branches.compactMap { value("branch.\($0).pushremote") })
      if wished.count > 1 || wished.count == 1 && branches.contains(where: { value("branch.\($0).pushremote") == nil })
      {
        fault = RunError(
          .unusableRemote, "the tasks' branches go to different remotes, as 'branch.<name>.pushRemote' says",
          hints: ["name one for all: git config \(SettingKey.gitRemote.fullName) NAME"])
      }
      let key = wished.isEmpty ? "remote.pushDefault" : "branch.<name>.pushRemote"
      if let name = wished.sorted().first ?? value("remote.pushdefault") {
        push = remote(name)
        if push == nil {
          fault = RunError(
            .unusableRemote, "branches are pushed to '\(name)', as '\(key)' says, but that is not a remote",
            hints: [
              "name one: git config \(SettingKey.gitRemote.fullName) NAME",
              "or keep the branches local: git orch run --no-push",
            ])
        }
      }
    }

    // Of several that are marked, gh takes the first by these names.
    let order = ["upstream", "github", "origin"]
    let marked = all.filter { value("remote.\($0.name).gh-resolved") != nil }.min {
      (order.firstIndex(of: $0.name) ?? order.count, $0.name) < (order.firstIndex(of: $1.name) ?? order.count, $1.name)
    }
    if let marked {
      let word = value("remote.\(marked.name).gh-resolved")
      return WorkRemotes(
        base: marked, push: push, name: setting, chosenSlug: word == "base" ? nil : word, fault: fault)
    }
    let named = [slug, settings[.gitRepoSlug]].compactMap(\.self).first { $0 != "auto" && $0 != "" }
    let fitting = named.flatMap { slug in
      ([usual].compactMap(\.self) + all).first { remote in
        [remote.url, remote.writtenURL].contains {
          RemoteURL($0)?.path.suffix(2).joined(separator: "/").lowercased() == slug.lowercased()
        }
      }
    }
    return WorkRemotes(
      base: fitting ?? usual ?? remote("upstream") ?? push, push: push, name: setting, chosenSlug: nil, fault: fault)
  }
}
