package import Git

extension Remote {
  /// Whether git looks for it from where it runs: no scheme, no `host:path`, no absolute path.
  package var isRelativePath: Bool {
    guard !pushURL.hasPrefix("/"), !pushURL.contains("://") else { return false }
    return !pushURL.prefix { $0 != "/" }.contains(":")
  }
}
