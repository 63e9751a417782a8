import Basics
import CommandSupport
import Processes
import SystemPackage

/// The user's browser: `$BROWSER`, which may be a list between colons as for other programs, or what the system opens
/// files with.
struct Browser {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  /// The first that is there.
  var browser: FilePath? {
    let wanted = (context.environment["BROWSER"] ?? "").split(separator: ":").map(String.init)
    #if canImport(Darwin)
      let others = ["open"]
    #else
      let others = ["xdg-open", "x-www-browser"]
    #endif
    let search = ExecutableSearch(context.environment)
    for name in wanted + others {
      if case .found(let path) = search.find(name) { return path }
    }
    return nil
  }

  /// Puts it in the place of this process, as it may stay as long as the page is looked at.
  func open(_ page: FilePath) throws {
    guard let browser else {
      throw ReportError(fault: "there is no browser to open '\(page)' with", hint: "set BROWSER to one")
    }
    try Invocation(
      executable: browser, arguments: [page.string], environment: context.environment, directory: context.directory
    ).replaceProcess()
  }
}
