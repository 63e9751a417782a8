import Basics

/// A key of git's configuration whose value is run, or leads git elsewhere; see git-config(1).
struct GuardedKey: Sendable, Equatable {
  let section: String
  let subsection: String?
  let variable: String

  /// nil for any other key.
  init?(_ key: String) {
    guard let first = key.firstIndex(of: "."), let last = key.lastIndex(of: ".") else { return nil }
    section = String(key[..<first])
    variable = String(key[key.index(after: last)...])
    subsection = first == last ? nil : String(key[key.index(after: first)..<last])
    guard let variables = Self.variables[section], variables.isEmpty || variables.contains(variable) else { return nil }
  }

  /// By section; an empty list stands for all.
  private static let variables: [String: Set<String>] = [
    "core": [
      "alternaterefscommand", "askpass", "attributesfile", "excludesfile", "fsmonitor", "gitproxy", "hookspath",
      "sshcommand",
    ],
    "credential": ["helper"],
    "diff": ["command", "external", "textconv"],
    "fetch": ["bundleuri"],
    "filter": [],
    "gpg": ["defaultkeycommand", "format", "program"],
    "http": [
      "cookiefile", "curloptresolve", "delegation", "emptyauth", "extraheader", "followredirects", "proxy",
      "proxyauthmethod", "savecookies", "sslcainfo", "sslcapath", "sslcert", "sslcipherlist", "sslkey", "sslverify",
      "sslversion",
    ],
    "merge": ["driver"],
    "protocol": ["allow"],
    "push": ["gpgsign", "pushoption", "recursesubmodules"],
    "remote": [
      "fetch", "mirror", "partialclonefilter", "promisor", "proxy", "pushurl", "receivepack", "serveroption",
      "uploadpack", "url", "vcs",
    ],
    "ssh": ["variant"],
    "submodule": ["recurse", "update"],
    "transfer": ["bundleuri"],
    "uploadpack": ["packobjectshook"],
    "url": ["insteadof", "pushinsteadof"],
  ]

  /// Keys that are worth planting and whose absence can be said: set for each git, also while nothing has changed.
  static let alwaysNeutral = ["core.sshcommand", "protocol.ext.allow", "push.gpgsign"]

  /// Of these the values of files are added to, or come before, those of a command line, which cannot take them back:
  /// see `PinnedRemote`.
  var leadsElsewhere: Bool { section == "url" || section == "remote" }

  /// Whether the value at the start is set for each git. Hooks and the monitor are for the purpose to say, and headers
  /// are secrets that nothing is won by handing around.
  var isPinned: Bool {
    !leadsElsewhere && !isList && !["fsmonitor", "hookspath", "gitproxy"].contains(variable)
  }

  /// Whether all its values count, and an empty one takes back those before it.
  var isList: Bool { ["curloptresolve", "extraheader", "pushoption"].contains(variable) }

  /// What git does when nobody sets it.
  func neutral(_ environment: [String: String]) -> [FrozenConfiguration.Entry] {
    let name = [section, subsection, variable].compactMap(\.self).joined(separator: ".")
    let value: String
    switch (section, variable) {
    case ("core", "sshcommand"): value = environment["GIT_SSH"].map { shellQuoted($0) } ?? "ssh"
    case ("core", "alternaterefscommand"): value = ":"
    case ("core", "attributesfile"): value = Self.userFile("attributes", environment)
    case ("core", "excludesfile"): value = Self.userFile("ignore", environment)
    case ("filter", "required"), ("push", "gpgsign"), ("http", "savecookies"), ("submodule", "recurse"),
      ("transfer", "bundleuri"):
      value = "false"
    case ("http", "delegation"): value = "none"
    case ("push", "recursesubmodules"): value = "no"
    case ("merge", "driver"): value = "false"
    case ("gpg", "format"): value = "openpgp"
    case ("gpg", "program"): value = subsection == "ssh" ? "ssh-keygen" : subsection == "x509" ? "gpgsm" : "gpg"
    case ("http", "sslverify"): value = "true"
    case ("http", "followredirects"): value = "initial"
    case ("http", "proxyauthmethod"): value = "anyauth"
    case ("http", "emptyauth"): value = "auto"
    // An empty one would also set aside what the environment says.
    case ("http", "proxy"):
      value = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].lazy.compactMap { environment[$0] }.first ?? ""
    case ("protocol", "allow"):
      guard let subsection else {
        return ["git", "http", "https", "ssh"].map { .init(key: "protocol.\($0).allow", value: "always") } + [
          .init(key: "protocol.ext.allow", value: "never")
        ]
      }
      value = subsection == "ext" ? "never" : ["git", "http", "https", "ssh"].contains(subsection) ? "always" : "user"
    case ("ssh", "variant"): value = "auto"
    case ("submodule", "update"): value = "checkout"
    default: value = ""
    }
    return [.init(key: name, value: value)]
  }

  private static func userFile(_ name: String, _ environment: [String: String]) -> String {
    if let folder = environment["XDG_CONFIG_HOME"], !folder.isEmpty { return "\(folder)/git/\(name)" }
    return environment["HOME"].map { "\($0)/.config/git/\(name)" } ?? "/dev/null"
  }
}
