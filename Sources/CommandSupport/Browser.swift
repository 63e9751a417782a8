import Basics
package import Processes
package import SystemPackage

/// The user's browser: `$BROWSER`, which may be a list between colons as for other programs, or what the system opens
/// files with.
package struct Browser {
  private let context: CommandContext

  package init(_ context: CommandContext) { self.context = context }

  /// The first that is there.
  package var path: FilePath? { Self.find(context.environment) }

  static func find(_ environment: [String: String]) -> FilePath? {
    let wanted = (environment["BROWSER"] ?? "").split(separator: ":").map(String.init)
    #if canImport(Darwin)
      let others = ["open"]
    #else
      let others = ["xdg-open", "x-www-browser"]
    #endif
    let search = ExecutableSearch(environment)
    for name in wanted + others {
      if case .found(let path) = search.find(name) { return path }
    }
    return nil
  }

  /// Puts it in the place of this process, as it may stay as long as the page is looked at.
  package func replaceProcess(showing page: FilePath) throws(ProcessFailure) {
    guard let path else { throw .notStarted("there is no browser to open '\(page)' with") }
    try Invocation(
      executable: path, arguments: [page.string], environment: context.environment, directory: context.directory
    ).replaceProcess()
  }

  /// Starts it apart from this process and its terminal; it stays as long as its user wants.
  static func show(_ address: String, environment: [String: String], directory: FilePath) async -> Bool {
    guard let path = find(environment) else { return false }
    let shell = Invocation(
      executable: "/bin/sh", arguments: ["-c", #""$0" "$1" </dev/null >/dev/null 2>&1 &"#, path.string, address],
      environment: environment, directory: directory)
    return (try? await shell.run(timeout: .seconds(10)))?.exit == .code(0)
  }
}
