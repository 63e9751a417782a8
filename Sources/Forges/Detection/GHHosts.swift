import Basics
import SystemPackage
import YAMLDocuments

/// The hosts that `gh` is set up for.
enum GHHosts {
  /// `$GH_HOST`, and the hosts that `gh auth login` was called for.
  ///
  /// A token in the environment is no host: `GH_ENTERPRISE_TOKEN` goes to whatever host is asked for.
  static func known(in environment: [String: String]) -> Set<HostName> {
    var hosts = Set(loggedIn(in: environment))
    if let host = environment["GH_HOST"].flatMap({ HostName($0) }) { hosts.insert(host) }
    return hosts
  }

  /// The top-level keys of gh's `hosts.yml`; none when it is missing or cannot be read, which gh itself reports best.
  private static func loggedIn(in environment: [String: String]) -> [HostName] {
    guard let file = folder(in: environment)?.appending("hosts.yml"),
      let text = try? file.readText(limit: 1 << 20, .regularOnly),
      let hosts = try? YAMLDocument.root(of: text, allowing: [.anchors, .tags])?.entries
    else { return [] }
    return hosts.compactMap(\.key.text).compactMap { HostName($0) }
  }

  private static func folder(in environment: [String: String]) -> FilePath? {
    func path(_ name: String) -> FilePath? {
      environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) }
    }
    return path("GH_CONFIG_DIR") ?? path("XDG_CONFIG_HOME")?.appending("gh")
      ?? path("HOME")?.appending(".config").appending("gh")
  }
}
