import Platform
import Synchronization

/// The moments at which tests kill this program: before and after everything that it changes.
///
/// `GIT_ORCH_KILL_AT=after-git-push:2` ends the process with SIGKILL when it has pushed for the second time.
/// `GIT_ORCH_KILL_AT=/some/file` kills nothing: the file gets a line for each point that is reached. Without the
/// variable, which nothing that is started inherits, a point costs one load. CONTRIBUTING.md has more, and
/// `Tests/CommandTests/KillPoints/Snapshots/kill-points.txt` what is reached in which command.
package enum KillPoint {
  package static let variable = "GIT_ORCH_KILL_AT"

  /// What is changed there. The entries of a journal are points, too, by their types: `before-entry-pushed`.
  package enum Step: String, CaseIterable, Sendable {
    // Commands of git that change something, by their names.
    case gitAdd = "git-add"
    case gitBundle = "git-bundle"
    case gitCheckout = "git-checkout"
    case gitCheckoutIndex = "git-checkout-index"
    case gitClean = "git-clean"
    case gitCommitTree = "git-commit-tree"
    case gitConfig = "git-config"
    case gitFetch = "git-fetch"
    case gitHashObject = "git-hash-object"
    case gitInit = "git-init"
    case gitMerge = "git-merge"
    case gitMergeTree = "git-merge-tree"
    case gitPackObjects = "git-pack-objects"
    case gitPush = "git-push"
    case gitReadTree = "git-read-tree"
    case gitReflog = "git-reflog"
    case gitRerere = "git-rerere"
    case gitReset = "git-reset"
    case gitSubmodule = "git-submodule"
    case gitSymbolicRef = "git-symbolic-ref"
    case gitUnpackObjects = "git-unpack-objects"
    case gitUpdateIndex = "git-update-index"
    case gitUpdateRef = "git-update-ref"
    case gitWorktree = "git-worktree"
    case gitWriteTree = "git-write-tree"

    // The same by libgit2.
    /// A reference is made or moved.
    case reference
    case mergeCommit = "merge-commit"
    /// The files of a new worktree are written.
    case checkout
    case postCheckoutHook = "post-checkout-hook"

    // Files and folders of our own, and of git's records.
    /// A new file: a prompt, a plan, a note of the trash.
    case newFile = "new-file"
    case replacedFile = "replaced-file"
    case newFolder = "new-folder"
    /// A file of git's record of a worktree.
    case recordFile = "record-file"
    case unlock
    case move
    /// A folder goes with all that is in it.
    case removal
    /// Ignored files come into a new worktree.
    case ignoredFiles = "ignored-files"

    // What is started, and what is asked of others.
    case setup
    case agent
    case testRun = "test-run"
    /// A job is handed to a scheduler, or is to end.
    case jobSubmission = "job-submission"
    case jobCancellation = "job-cancellation"
    /// A request to a forge that changes something.
    case forgeRequest = "forge-request"
    /// Only half of an entry comes to the journal.
    case halfEntry = "half-entry"
  }

  /// Whether any point is to be noticed: for callers that would have to make a name first.
  package static var isSet: Bool { target != nil }

  /// - Parameter partly: does a part of the step, when the process is to end in the midst of it.
  package static func before(_ step: Step, partly: () -> Void = {}) { reached("before-\(step.rawValue)", partly) }
  package static func after(_ step: Step) { reached("after-\(step.rawValue)") {} }

  /// A command of git's, if it is one that changes something.
  package static func before(git arguments: [String]) { if isSet, let step = Step(git: arguments) { before(step) } }
  package static func after(git arguments: [String]) { if isSet, let step = Step(git: arguments) { after(step) } }

  package static func before(entry type: @autoclosure () -> String) { reached("before-entry-\(type())") {} }
  package static func after(entry type: @autoclosure () -> String) { reached("after-entry-\(type())") {} }

  /// Whether points are not noticed: in what runs next to the work and is swept when it is killed, whose points would come
  /// whenever they like.
  @TaskLocal package static var isUnnoticed = false

  // MARK: -

  private struct Target: Sendable {
    enum Deed: Sendable {
      case kill(at: String, number: Int)
      case record(file: String)
    }

    let deed: Deed

    init?(_ text: String) {
      if text.isEmpty { return nil }
      if text.hasPrefix("/") {
        deed = .record(file: text)
      } else {
        let parts = text.split(separator: ":", maxSplits: 1)
        deed = .kill(at: String(parts.first ?? ""), number: parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
      }
    }
  }

  private static let target = getenv(variable).flatMap { Target(String(cString: $0)) }
  private static let count = Mutex(0)

  private static func reached(_ name: @autoclosure () -> String, _ partly: () -> Void) {
    guard let target, !isUnnoticed else { return }
    switch target.deed {
    case .record(let file):
      let line = "\(name())\n"
      let descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { return }
      _ = line.withCString { write(descriptor, $0, strlen($0)) }
      close(descriptor)
    case .kill(let wanted, let number):
      guard name() == wanted else { return }
      let isDue = count.withLock { count in
        count += 1
        return count == number
      }
      guard isDue else { return }
      partly()
      kill(getpid(), SIGKILL)
      // Nothing more is done until the signal is there.
      while true { pause() }
    }
  }
}

extension KillPoint.Step {
  /// nil for a command that only reads.
  package init?(git arguments: [String]) {
    var words = arguments[...]
    while let word = words.first, word.hasPrefix("-") {
      words = words.dropFirst(word == "-c" || word == "-C" ? 2 : 1)
    }
    guard let command = words.first, let step = Self(rawValue: "git-\(command)") else { return nil }
    // A push that only asks says so first.
    if step == .gitPush, words.dropFirst().first == "--dry-run" { return nil }
    let reading = ["--list", "--get", "--get-all", "--get-regexp", "list", "--dry-run", "-n"]
    if step != .gitPush, words.contains(where: reading.contains) { return nil }
    self = step
  }
}
