package import ArgumentParser
import Platform
import TerminalUI

/// A command of the suite.
package protocol OrchCommand: ParsableCommand {
  /// Does the work; what it throws is reported as `fatal:` and ends with 128.
  mutating func execute(in context: CommandContext) async throws -> ExitStatus
}

extension CommandConfiguration {
  /// A command of the suite, `git orch <name>`.
  package init(orch name: String, abstract: String, usage: String) {
    // Without a command above it, ArgumentParser first looks, as if there were two other commands, whether a completion
    // script is asked for. Ours are files, and it takes a fifth of the time of a short command.
    self.init(
      commandName: "git-orch-\(name)", _superCommandName: "git", abstract: abstract, usage: usage, version: versionLine)
  }
}

/// The life of every command: parse, execute, report errors in git's manner, end with git's codes.
enum CommandMain {
  static func run(
    _ command: (some OrchCommand).Type, arguments: [String], in context: CommandContext
  ) async -> ExitStatus {
    let status = await status(of: command, arguments: arguments, in: context)
    return lost(by: context.console) ?? status
  }

  /// How the command ends when its answer did not arrive; nil when it did.
  private static func lost(by console: Console) -> ExitStatus? {
    guard let code = console.output.failure else { return nil }
    let lost = ExitStatus.lost(code)
    if let message = lost.message { console.errors.write(message) }
    return lost.status
  }

  private static func status<Command: OrchCommand>(
    of type: Command.Type, arguments: [String], in context: CommandContext
  ) async -> ExitStatus {
    var context = context
    var command: Command
    do {
      let parsed = try type.parseAsRoot(arguments)
      guard let mine = parsed as? Command else {
        return help(from: parsed, of: type, console: context.console)
      }
      command = mine
    } catch {
      return usage(of: type, error: error, console: context.console)
    }
    context = context.respectingColorSettings()
    do {
      return try await command.execute(in: context)
    } catch {
      Failure(error).report(on: context.console)
      return .fatal
    }
  }

  /// ArgumentParser's own command behind --help throws its text.
  private static func help(
    from command: any ParsableCommand, of type: (some OrchCommand).Type, console: Console
  ) -> ExitStatus {
    var command = command
    do {
      try command.run()
    } catch {
      console.answer(helpText(type.fullMessage(for: error)))
    }
    return .done
  }

  private static func usage(
    of type: (some OrchCommand).Type, error: any Error, console: Console
  ) -> ExitStatus {
    if type.exitCode(for: error) == .success {
      console.answer(helpText(type.fullMessage(for: error)))
      return .done
    }
    console.narrate("error: \(lowercasedFirst(type.message(for: error)))")
    console.narrate(inGitsManner("usage: \(type.usageString())"))
    if let name = type.configuration.commandName, name.hasPrefix("git-") {
      console.narrate("see 'git help \(name.dropFirst(4))'")
    }
    return .usage
  }

  /// ArgumentParser writes USAGE in capitals; of several forms of a command git calls all but the first `or:`.
  private static func inGitsManner(_ text: String) -> String {
    var isFirst = true
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let words = line.drop { $0 == " " }
      guard words.lowercased().hasPrefix("usage: ") else { return String(line) }
      defer { isFirst = false }
      return (isFirst ? "usage: " : "   or: ") + words.dropFirst("usage: ".count)
    }
    return lines.joined(separator: "\n")
  }

  /// ArgumentParser's help in git's manner: on one screen, without what the manual says better.
  private static func helpText(_ text: String) -> String {
    let lines = inGitsManner(text).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first?.hasPrefix("OVERVIEW: ") == true else { return text }
    // Of the empty lines only the one below the usage stays.
    var kept = lines.dropFirst().filter { !$0.isEmpty }
    if let end = kept.firstIndex(where: { $0.hasSuffix("S:") }) { kept.insert("", at: end) }
    return kept.joined(separator: "\n")
  }

  /// git begins its messages in lower case.
  private static func lowercasedFirst(_ text: String) -> String {
    guard let first = text.first, text.dropFirst().first?.isUppercase != true else { return text }
    return first.lowercased() + text.dropFirst()
  }
}
