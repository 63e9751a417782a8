import Basics

/// The two names of a repository on its forge.
struct RepositorySlug: Equatable {
  let owner: String
  let name: String

  /// From a URL's path, which must be these two names and nothing else.
  ///
  /// On Bitbucket, `$BITBUCKET_WORKSPACE` stands in for a workspace that the URL does not have.
  init?(path: [String], kind: ForgeKind, environment: [String: String]) {
    guard let last = path.last, path.count <= 2, Self.isName(last) else { return nil }
    name = last
    if path.count == 2, Self.isName(path[0]) {
      owner = path[0]
    } else if kind == .bitbucket, let workspace = Self.workspace(in: environment) {
      owner = workspace
    } else {
      return nil
    }
  }

  /// From the setting: `owner/name`, or `name` alone on Bitbucket, whose workspace then comes from the URL's path or
  /// from `$BITBUCKET_WORKSPACE`.
  init(setting: String, path: [String], kind: ForgeKind, environment: [String: String]) throws(InvalidSetting) {
    let parts = setting.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let key = ForgeDetection.slugKey
    guard parts.allSatisfy({ Self.isName($0) && !$0.hasSuffix(".git") }), parts.count == 2 || parts.count == 1 else {
      let form = kind == .bitbucket ? "WORKSPACE/NAME or NAME" : "OWNER/NAME"
      throw InvalidSetting("'\(key)' must be \(form), not '\(Self.shown(setting))'")
    }
    if parts.count == 2 {
      (owner, name) = (parts[0], parts[1])
      return
    }
    guard kind == .bitbucket else {
      throw InvalidSetting("'\(key)' must be OWNER/NAME on GitHub, not '\(setting)' alone")
    }
    let written = path.count == 2 && Self.isName(path[0]) ? path[0] : nil
    guard let workspace = written ?? Self.workspace(in: environment) else {
      throw InvalidSetting(
        "'\(key)' is '\(setting)' without a workspace, and neither the remote's URL nor BITBUCKET_WORKSPACE has one")
    }
    (owner, name) = (workspace, parts[0])
  }

  /// Whether a forge can call something so, and a URL hold it as it is.
  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "-"), text.utf8.count <= 100,
      text != ".", text != "..", text != ".git"
    else { return false }
    return text.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
  }

  private static func workspace(in environment: [String: String]) -> String? {
    environment["BITBUCKET_WORKSPACE"].flatMap { isName($0) ? $0 : nil }
  }

  /// A bad value, short and without characters that a terminal would obey.
  private static func shown(_ value: String) -> String {
    let safe = String(
      String.UnicodeScalarView(value.unicodeScalars.map { (0x20..<0x7f).contains($0.value) ? $0 : "?" }))
    return safe.count > 60 ? safe.prefix(60) + "..." : safe
  }
}

/// A setting that cannot be used; the text names it.
struct InvalidSetting: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
