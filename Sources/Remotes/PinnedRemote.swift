import Basics
import Git
import Processes

/// A remote as it was when the run began, whatever its name has come to mean since.
struct PinnedRemote: Sendable {
  /// What git is to call it.
  let name: String
  /// What git must be told for that.
  let configuration: [FrozenConfiguration.Entry]

  init(_ name: String) {
    self.name = name
    configuration = []
  }

  /// URLs are rewritten by the longest prefix that fits, and no value takes a rewriting back. So the remote gets a name
  /// and URLs that nobody can have foreseen, which are rewritten to what the URLs were.
  ///
  /// - `nonce`: letters and digits.
  init?(_ remote: String, of frozen: FrozenConfiguration, nonce: String) {
    let urls = RemoteURLs(frozen.entries)
    guard let fetchURL = urls.fetchURL(of: remote) else { return nil }
    let name = "\(remote)-\(nonce)"
    var entries: [FrozenConfiguration.Entry] = []
    func set(_ key: String, _ value: String?) { entries.append(.init(key: key, value: value)) }
    func setURL(_ key: String, _ url: String) {
      let stand = "\(nonce)-\(entries.count):"
      set("remote.\(name).\(key)", stand)
      set("url.\(url).insteadOf", stand)
    }
    setURL("url", fetchURL)
    for url in urls.pushURLs(of: remote) { setURL("pushurl", url) }
    // So that pushes are seen under the name that it has otherwise.
    set("remote.\(name).fetch", "+refs/heads/*:refs/remotes/\(remote)/*")
    let prefix = "remote.\(remote)."
    for entry in frozen.entries where entry.key.hasPrefix(prefix) {
      let variable = entry.key.dropFirst(prefix.count)
      if ["proxy", "receivepack", "uploadpack", "vcs"].contains(variable) {
        set("remote.\(name).\(variable)", entry.value)
      }
    }
    self.name = name
    configuration = entries
  }
}

extension PinnedRemote {
  /// The place that a remote is pushed to, as one to be asked. By variables, since URLs may hold a password.
  init(pushURL: String, of remote: String, like frozen: FrozenConfiguration?, nonce: String) {
    let name = "\(remote)-\(nonce)"
    let stand = "\(nonce)-push:"
    let prefix = "remote.\(remote)."
    self.name = name
    configuration =
      [
        .init(key: "remote.\(name).url", value: stand),
        .init(key: "url.\(pushURL).insteadOf", value: stand),
      ]
      + (frozen?.entries ?? []).filter { entry in
        entry.key.hasPrefix(prefix) && ["proxy", "uploadpack", "vcs"].contains(entry.key.dropFirst(prefix.count))
      }.map { .init(key: "remote.\(name).\($0.key.dropFirst(prefix.count))", value: $0.value) }
  }
}

extension GitCommand {
  /// The place to be asked for a remote's branches.
  /// - Parameter pushURL: where the remote is pushed to, if that is another place than it is fetched from.
  func askedRemote(_ remote: String, pushURL: String?) async throws(GitError) -> PinnedRemote {
    guard let pushURL else { return try await pinnedRemote(remote) }
    return PinnedRemote(pushURL: pushURL, of: remote, like: GitGuard.current.configuration, nonce: Self.nonce())
  }

  /// A remote that is somewhere else, at a URL that is rewritten like any other.
  func placedRemote(_ remote: String, at url: String) -> PinnedRemote {
    guard let frozen = GitGuard.current.configuration else { return PinnedRemote(url) }
    let name = Self.nonce()
    let rewritten = RemoteURLs(frozen.entries + [.init(key: "remote.\(name).url", value: url)]).fetchURL(of: name)
    return PinnedRemote(pushURL: rewritten ?? url, of: remote, like: frozen, nonce: name)
  }

  private static func nonce() -> String { "begun" + String(UInt64.random(in: 0 ... .max), radix: 36) }

  /// The remote as it is to be used: by its name, unless somebody has turned that elsewhere since the run began.
  func pinnedRemote(_ remote: String) async throws(GitError) -> PinnedRemote {
    guard let frozen = GitGuard.current.configuration else { return PinnedRemote(remote) }
    let (program, directory, environment) = (try program, directory, environment)
    let isRedirected = await offPool {
      frozen.redirects(remote: remote, program, in: directory, environment: environment)
    }
    guard isRedirected else { return PinnedRemote(remote) }
    return PinnedRemote(remote, of: frozen, nonce: Self.nonce()) ?? PinnedRemote(remote)
  }
}
