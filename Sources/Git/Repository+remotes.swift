package import Processes

/// A remote repository, by the name the configuration gives it.
package struct Remote: Sendable, Equatable {
  package let name: String
  /// Where it is fetched from, with `url.<base>.insteadOf` applied.
  package let url: String
  /// The URL as the user wrote it.
  package let writtenURL: String
  /// Where it is pushed to, with `remote.<name>.pushurl`, `pushInsteadOf` and `insteadOf` applied.
  package let pushURL: String
  /// The URL for pushing as the user wrote it; the written one where there is none of its own.
  package let writtenPushURL: String

  package init(name: String, url: String, writtenURL: String, pushURL: String, writtenPushURL: String? = nil) {
    self.name = name
    self.url = url
    self.writtenURL = writtenURL
    self.pushURL = pushURL
    self.writtenPushURL = writtenPushURL ?? writtenURL
  }

  /// Where it is pushed to, if that is another place than it is fetched from: what was pushed is to be looked for there.
  package var separatePushURL: String? { pushURL == url ? nil : pushURL }

  /// The remotes that have a URL, by name, of a configuration as git lists it.
  package static func all(_ entries: [FrozenConfiguration.Entry]) -> [Remote] { RemoteURLs(entries).remotes }
}

extension Repository {
  /// The configured remotes that have a URL, by name. Read through git, which alone knows every place a setting may
  /// come from (`git -c` and `GIT_CONFIG_COUNT` are how continuous integration rewrites URLs).
  package func remotes() throws(GitError) -> [Remote] {
    let output = try runGit(.configuring, ["config", "-z", "--get-regexp", #"^(remote|url)\."#])
    // When nothing matches. Any other failure does not say that there is none: the run's branches would stay local.
    if output.status == 1 { return [] }
    guard output.isSuccess else { throw GitError(output) }
    let entries = output.records.compactMap { record -> FrozenConfiguration.Entry? in
      let parts = record.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 ? .init(key: String(parts[0]), value: String(parts[1])) : nil
    }
    return RemoteURLs(entries).remotes
  }
}

/// What `remote.*` and `url.*` come to.
package struct RemoteURLs {
  private var urls: [String: [String]] = [:]
  private var pushes: [String: [String]] = [:]
  private var rewrites: [(prefix: String, base: String, isForPush: Bool)] = []

  package init(_ entries: [FrozenConfiguration.Entry]) {
    for entry in entries {
      guard let value = entry.value, let first = entry.key.firstIndex(of: "."),
        let last = entry.key.lastIndex(of: "."), first < last
      else { continue }
      let subsection = String(entry.key[entry.key.index(after: first)..<last])
      switch (entry.key[..<first], entry.key[entry.key.index(after: last)...]) {
      case ("remote", "url"): urls[subsection, default: []].append(value)
      case ("remote", "pushurl"): pushes[subsection, default: []].append(value)
      case ("url", "insteadof"): rewrites.append((value, subsection, false))
      case ("url", "pushinsteadof"): rewrites.append((value, subsection, true))
      default: break
      }
    }
  }

  /// By name. Of several URLs the first is the one that is fetched from; the others are only pushed to.
  var remotes: [Remote] {
    urls.keys.sorted().compactMap { name in
      guard let url = urls[name]?.first, let fetched = fetchURL(of: name), let pushed = pushURLs(of: name).first else {
        return nil
      }
      return Remote(
        name: name, url: fetched, writtenURL: url, pushURL: pushed, writtenPushURL: pushes[name]?.first)
    }
  }

  package func fetchURL(of remote: String) -> String? {
    urls[remote]?.first.map { rewritten($0, forPush: false) ?? $0 }
  }

  package func pushURLs(of remote: String) -> [String] {
    if let own = pushes[remote] { return own.map { rewritten($0, forPush: false) ?? $0 } }
    return (urls[remote] ?? []).map { rewritten($0, forPush: true) ?? rewritten($0, forPush: false) ?? $0 }
  }

  private func rewritten(_ url: String, forPush: Bool) -> String? {
    let fitting = rewrites.filter { $0.isForPush == forPush && url.hasPrefix($0.prefix) }
    guard let longest = fitting.max(by: { $0.prefix.utf8.count < $1.prefix.utf8.count }) else { return nil }
    return longest.base + url.dropFirst(longest.prefix.count)
  }
}
