import Basics
package import Journal
import Settings
package import SystemPackage
import Trace

/// What an agent at work is told of conflicts: a note in a file, which its client hands on with the result of a tool
/// call, and takes away by renaming it. What no client has taken by the end of the attempt is in the next prompt.
extension RunConflicts {
  /// What a note says, as the journal has it.
  struct Note: Equatable {
    let attempt: Int
    let tasks: [String]
    let base: Bool
    let text: String
  }

  /// A client keeps no more than 10,000 characters of what a hook says. What does not fit comes with the next note.
  private static let mostCharacters = 6_000

  /// Where the notes for a task's agent are, in a folder of their own; nil where agents at work are not told.
  nonisolated package func noteFile(of task: String) -> FilePath? {
    mode == .tell ? FilePath("\(journal.folder.task(task))/notes/conflicts.json") : nil
  }

  /// What was left for the agent of an earlier process.
  func clearNotes(for task: String) {
    guard let file = noteFile(of: task) else { return }
    for path in [file, file.taken] { try? FileSystem.remove(path) }
  }

  /// Writes down which notes were taken.
  func settleNotes() async throws(JournalError) {
    for task in notes.keys.sorted() {
      if let file = noteFile(of: task), file.taken.exists { try await withdrawNote(for: task) }
    }
  }

  /// Leaves notes for agents at work that do not know of a conflict, and takes back what is no longer true.
  func writeNotes() async throws(JournalError) {
    guard mode == .tell else { return }
    let state = await journal.state
    guard !state.conflicts.isEmpty || !notes.isEmpty else { return }
    for task in atWork.sorted() {
      let note = note(for: task, in: state)
      guard note != notes[task] else { continue }
      // One that knows something since a moment ago gets its next note with the next look.
      guard try await !withdrawNote(for: task), let note, let file = noteFile(of: task) else { continue }
      let json: JSON = [
        "hookSpecificOutput": ["hookEventName": "PostToolUse", "additionalContext": .string(note.text)]
      ]
      do {
        try FileSystem.replace(file, with: json.text)
        notes[task] = note
      } catch {
        Trace.note(.decision, "conflicts: no note for \(task): \(error)")
      }
    }
  }

  /// Takes the task's note back, or writes down that it was taken.
  /// - Returns: whether it was.
  @discardableResult
  func withdrawNote(for task: String) async throws(JournalError) -> Bool {
    guard let note = notes.removeValue(forKey: task), let file = noteFile(of: task) else { return false }
    // Either this removes it, or the client has renamed it.
    try? FileSystem.remove(file)
    guard file.taken.exists else { return false }
    try? FileSystem.remove(file.taken)
    try await journal.append(.conflictTold(task: task, tasks: note.tasks, base: note.base, attempt: note.attempt))
    happened()
    return true
  }

  private func note(for task: String, in state: RunState) -> Note? {
    guard let attempt = state[task: task]?.attempts.last, attempt.result == nil else { return nil }
    var told: [Untold] = []
    var length = 0
    for item in untold(of: task, in: state, isNewConversation: false) {
      length += item.news.line.count
      guard told.isEmpty || length < Self.mostCharacters else { break }
      told.append(item)
    }
    guard !told.isEmpty else { return nil }
    let text = """
      # Conflicts with other work

      A note from git-orch, which compares your branch with those of others while you work; continue your task.

      """
    return Note(
      attempt: attempt.number, tasks: told.compactMap(\.task), base: told.contains { $0.task == nil },
      text: String(
        (text + "\n" + ConflictNews.text(of: told.map(\.news), base: state.header.base.branch)).prefix(9_000)))
  }
}

extension FilePath {
  /// What the client makes of a note that it hands on; `ClaudeCode` has the same name.
  fileprivate var taken: FilePath { FilePath("\(self).taken") }
}
