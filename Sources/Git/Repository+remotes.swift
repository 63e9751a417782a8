/// A remote repository, by the name the configuration gives it.
package struct Remote: Sendable, Equatable {
  package let name: String
  /// Where it is fetched from, with `url.<base>.insteadOf` applied.
  package let url: String
  /// The URL as the user wrote it.
  package let writtenURL: String
  /// Where it is pushed to, with `remote.<name>.pushurl`, `pushInsteadOf` and `insteadOf` applied.
  package let pushURL: String

  package init(name: String, url: String, writtenURL: String, pushURL: String) {
    self.name = name
    self.url = url
    self.writtenURL = writtenURL
    self.pushURL = pushURL
  }
}

extension Repository {
  /// The configured remotes that have a URL, by name. Read through git, which alone knows every place a setting may
  /// come from (`git -c` and `GIT_CONFIG_COUNT` are how continuous integration rewrites URLs).
  package func remotes() -> [Remote] {
    guard let output = try? runGit(["config", "-z", "--get-regexp", #"^(remote|url)\."#]), output.isSuccess else {
      // Also git's answer when nothing matches.
      return []
    }
    var written: [String: String] = [:]
    var pushes: [String: String] = [:]
    var rewrites: [(prefix: String, base: String, isForPush: Bool)] = []
    for record in output.records {
      let parts = record.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let first = parts[0].firstIndex(of: "."), let last = parts[0].lastIndex(of: "."),
        first < last
      else { continue }
      let subsection = String(parts[0][parts[0].index(after: first)..<last])
      let value = String(parts[1])
      switch (parts[0][..<first], parts[0][parts[0].index(after: last)...]) {
      // The first of several is the one that is fetched from; the others are only pushed to.
      case ("remote", "url"): written[subsection] = written[subsection] ?? value
      case ("remote", "pushurl"): pushes[subsection] = pushes[subsection] ?? value
      case ("url", "insteadof"): rewrites.append((value, subsection, false))
      case ("url", "pushinsteadof"): rewrites.append((value, subsection, true))
      default: break
      }
    }
    func rewritten(_ url: String, forPush: Bool) -> String? {
      let fitting = rewrites.filter { $0.isForPush == forPush && url.hasPrefix($0.prefix) }
      guard let longest = fitting.max(by: { $0.prefix.utf8.count < $1.prefix.utf8.count }) else { return nil }
      return longest.base + url.dropFirst(longest.prefix.count)
    }
    return written.sorted { $0.key < $1.key }.map { name, url in
      let fetched = rewritten(url, forPush: false) ?? url
      let pushed = pushes[name].map { rewritten($0, forPush: false) ?? $0 } ?? rewritten(url, forPush: true) ?? fetched
      return Remote(name: name, url: fetched, writtenURL: url, pushURL: pushed)
    }
  }
}
