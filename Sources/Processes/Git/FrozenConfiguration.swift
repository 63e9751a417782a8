import Basics
import Synchronization
package import SystemPackage

/// The configuration by which git runs other programs or goes elsewhere, as it was when the run began.
///
/// Agents can write the repository's configuration, and whoever does changes what git runs in the user's name. So each
/// git of a run is given these values over those of the files. Where the files are as they were, that is all; where they
/// have changed, what has come to them is found and set to what it is without them.
package struct FrozenConfiguration: Sendable {
  package struct Entry: Sendable, Equatable {
    /// Section and variable in lower case.
    package let key: String
    /// nil for a key without `=`, which means true.
    package let value: String?

    package init(key: String, value: String?) {
      self.key = key
      self.value = value
    }
  }

  /// Those that run something or lead elsewhere, in git's order.
  package let entries: [Entry]
  /// Whether objects are missing on purpose, which git then fetches as it meets them.
  package let isPartialClone: Bool
  private let pins: [Entry]
  /// The repository's, of which worktrees are known to be; nil where any place is taken for one of its.
  private let commonDirectory: String?
  private let files: [FilePath]
  private let stamps: [FileStamp?]
  /// Each worktree may have a file of its own, which nobody has looked for.
  private let hasWorktreeFiles: Bool
  private let lastLook = LastLook()

  /// - Parameters:
  ///   - entries: all of the configuration, without what was said for our own command line, which holds anyway.
  ///   - files: where it came from, and where more of it could come from.
  ///   - commonDirectory: the repository's.
  ///   - environment: ours, in which `GIT_SSH` may name the program.
  package init(
    entries: [Entry], files: [FilePath], commonDirectory: FilePath? = nil, environment: [String: String]
  ) {
    isPartialClone = entries.contains {
      $0.key == "extensions.partialclone" || $0.key.hasPrefix("remote.") && $0.key.hasSuffix(".promisor") && $0.isTrue
    }
    self.commonDirectory = (commonDirectory?.realPath ?? commonDirectory)?.string
    self.entries = entries.filter { GuardedKey($0.key) != nil }
    self.files = files
    stamps = files.map { FileStamp($0, following: true) }
    hasWorktreeFiles = entries.contains { $0.key == "extensions.worktreeconfig" && $0.isTrue }
    pins = Self.pins(self.entries, environment)
  }

  package var hasProxyCommand: Bool { entries.contains { $0.key == "core.gitproxy" } }

  /// Whether the files are as they were.
  var isUnchanged: Bool { !hasWorktreeFiles && zip(files, stamps).allSatisfy { FileStamp($0, following: true) == $1 } }

  /// Whether git finds the same configuration there.
  func isAsItWas(in directory: FilePath) -> Bool { isUnchanged && belongs(directory) }

  /// Whether what git finds there is the repository. Whoever works in a worktree can put another one in the place of its
  /// `.git`, with a configuration of its own; so has a submodule.
  private func belongs(_ directory: FilePath) -> Bool {
    guard let commonDirectory else { return true }
    let directory = directory.string
    let entry = "\(directory)/.git"
    // A folder within, or the common directory itself.
    guard let status = FileStatus(entry) else { return true }
    if status.isRegularFile {
      guard let text = shortText(at: entry), text.hasPrefix("gitdir: ") else { return false }
      let link = text.dropFirst(8).trimmed
      guard let record = realPath(of: link.hasPrefix("/") ? String(link) : "\(directory)/\(link)") else { return false }
      return record == commonDirectory || FileSystem.folder(of: record) == "\(commonDirectory)/worktrees"
    }
    return realPath(of: entry) == commonDirectory
  }

  /// Whether a filter of that name was known when the run began.
  package func knowsFilter(_ name: String) -> Bool {
    entries.contains { GuardedKey($0.key).map { $0.section == "filter" && $0.subsection == name } ?? false }
  }

  /// What every git of the run is given.
  func overrides(
    _ program: FilePath, in directory: FilePath, environment: [String: String]
  ) -> [Entry] {
    guard !isAsItWas(in: directory), let now = look(program, in: directory, environment: environment) else {
      return pins
    }
    return pins + changes(to: now, environment)
  }

  /// Whether the name of a remote, or what its URL becomes, means something else now.
  package func redirects(
    remote: String, _ program: FilePath, in directory: FilePath, environment: [String: String]
  ) -> Bool {
    guard !isUnchanged, let now = look(program, in: directory, environment: environment) else { return false }
    func leading(_ entries: [Entry]) -> [Entry] {
      entries.filter { entry in
        GuardedKey(entry.key).map { $0.section == "url" || $0.section == "remote" && $0.subsection == remote } ?? false
      }
    }
    return leading(entries) != leading(now)
  }

  /// Whether every remote, and what its URL becomes, means what it did, for a git that stands there.
  func leadsWhereItDid(_ program: FilePath, in directory: FilePath, environment: [String: String]) -> Bool {
    guard belongs(directory) else { return false }
    guard !isUnchanged, let now = look(program, in: directory, environment: environment) else { return isUnchanged }
    func leading(_ entries: [Entry]) -> [Entry] {
      entries.filter { GuardedKey($0.key)?.leadsElsewhere ?? false }
    }
    return leading(entries) == leading(now)
  }

  /// No filter at all.
  var withoutFilters: [Entry] {
    Self.without(
      filters: Set(
        entries.compactMap { GuardedKey($0.key) }.filter { $0.section == "filter" }.compactMap(\.subsection)))
  }

  /// What keeps git from running filters of those names.
  package static func without(filters names: Set<String>) -> [Entry] {
    names.sorted().flatMap { name in
      ["clean", "smudge", "process"].map { Entry(key: "filter.\(name).\($0)", value: "") }
        + [Entry(key: "filter.\(name).required", value: "false")]
    }
  }

  // MARK: -

  /// The values that hold whatever the files say. Most keys have one value, the last; the list of credential helpers is
  /// begun from scratch.
  private static func pins(_ entries: [Entry], _ environment: [String: String]) -> [Entry] {
    var result: [Entry] = [Entry(key: "credential.helper", value: "")]
    for key in GuardedKey.alwaysNeutral where !entries.contains(where: { $0.key == key }) {
      result += GuardedKey(key)?.neutral(environment) ?? []
    }
    for entry in entries {
      if GuardedKey(entry.key)?.isPinned == true { result.append(entry) }
    }
    return result
  }

  /// What brings the keys that are not as they were back to that.
  private func changes(to now: [Entry], _ environment: [String: String]) -> [Entry] {
    let before = Dictionary(grouping: entries, by: \.key)
    let after = Dictionary(grouping: now, by: \.key)
    var result: [Entry] = []
    for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
      guard let key = GuardedKey(name), !key.leadsElsewhere, key.section != "credential" else { continue }
      if key.isList {
        // Of these all count that are said, also of the sections for other URLs; an empty one takes back those before it.
        result.append(Entry(key: name, value: ""))
        result += entries.filter {
          GuardedKey($0.key).map { $0.section == key.section && $0.variable == key.variable } ?? false
        }
      } else if let values = before[name] {
        result += values
      } else {
        result += key.neutral(environment)
      }
    }
    return result
  }

  /// The guarded entries as they are now. Asked once for each state of the files: our own pushes write into them, too.
  private func look(_ program: FilePath, in directory: FilePath, environment: [String: String]) -> [Entry]? {
    let moment = FileStamp.now()
    let stamps = files.map { FileStamp($0, following: true) }
    // Another repository's files are not among those.
    let isKnown = belongs(directory)
    if isKnown, let known = lastLook.entries(in: directory, for: stamps) { return known }
    guard let listing = Self.list(program, in: directory, environment: environment) else { return nil }
    // What may change without a stamp that tells, and files that nobody looks at, are asked again.
    let isSettled = !stamps.contains { $0?.isFresh(at: moment) ?? false }
    if isKnown, !hasWorktreeFiles, !listing.hasWorktreeFiles, isSettled {
      lastLook.note(listing.entries, in: directory, for: stamps)
    }
    return listing.entries
  }

  /// nil where git cannot read it either, and says so itself.
  private static func list(
    _ program: FilePath, in directory: FilePath, environment: [String: String]
  ) -> (entries: [Entry], hasWorktreeFiles: Bool)? {
    let question = Invocation(
      executable: program,
      arguments: ["-C", directory.string, "config", "--list", "-z", "--show-scope"], environment: environment)
    var answer = try? question.runBlocking(outputLimit: 64 << 20)
    // Somebody killed it, which says nothing of the configuration.
    if case .signal = answer?.exit { answer = try? question.runBlocking(outputLimit: 64 << 20) }
    guard let answer, answer.exit.isSuccess else { return nil }
    let fields = answer.standardOutput.split(separator: 0, omittingEmptySubsequences: false)
    var hasWorktreeFiles = false
    let entries: [Entry] = stride(from: 0, to: fields.count - 1, by: 2).compactMap { index in
      guard String(decoding: fields[index], as: UTF8.self) != "command" else { return nil }
      let pair = fields[index + 1].split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(decoding: pair[0], as: UTF8.self)
      if key == "extensions.worktreeconfig" { hasWorktreeFiles = true }
      guard GuardedKey(key) != nil else { return nil }
      return Entry(key: key, value: pair.count > 1 ? String(decoding: pair[1], as: UTF8.self) : nil)
    }
    return (entries, hasWorktreeFiles)
  }
}

/// What git said last, by the place where it stood: another place may be another repository. Any thread.
private final class LastLook: Sendable {
  private struct State {
    var stamps: [FileStamp?] = []
    var entries: [FilePath: [FrozenConfiguration.Entry]] = [:]
  }

  private let state = Mutex(State())

  func entries(in directory: FilePath, for stamps: [FileStamp?]) -> [FrozenConfiguration.Entry]? {
    state.withLock { $0.stamps == stamps ? $0.entries[directory] : nil }
  }

  func note(_ entries: [FrozenConfiguration.Entry], in directory: FilePath, for stamps: [FileStamp?]) {
    state.withLock { state in
      if state.stamps != stamps { state = State(stamps: stamps) }
      state.entries[directory] = entries
    }
  }
}

extension FrozenConfiguration.Entry {
  fileprivate var isTrue: Bool { value.map { ["true", "yes", "on", "1"].contains($0.lowercased()) } ?? true }
}
