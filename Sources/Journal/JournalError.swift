/// What can go wrong with journals, run folders and the lock.
package enum JournalError: Error, Equatable, CustomStringConvertible {
  /// A file could not be read or written. `reason` is the system's own word.
  case inaccessible(path: String, reason: String)
  case newerSchema(path: String, schema: Int)
  /// The journal has no first entry: it is empty, torn or damaged.
  case noHeader(path: String)
  case noRuns
  case noSuchRun(String)
  case ambiguousRun(String, candidates: [String])
  /// Another run holds the lock. `holder` is what it wrote about itself; nil when it has not done so yet.
  case locked(path: String, holder: LockHolder?)

  package var description: String {
    switch self {
    case .inaccessible(let path, let reason):
      return "cannot access '\(path)': \(reason)"
    case .newerSchema(let path, let schema):
      return """
        '\(path)' was written by a newer git-orch (journal schema \(schema), this one reads up to \
        \(JournalEntry.schemaVersion)); update git-orch to read it
        """
    case .noHeader(let path):
      return "'\(path)' is not a journal: its first entry is missing or damaged"
    case .noRuns:
      return "no runs yet in this repository; start one with 'git orch run todo.md'"
    case .noSuchRun(let id):
      return "no run '\(id)' in this repository; see 'git orch status --all'"
    case .ambiguousRun(let id, let candidates):
      return "'\(id)' could be any of these runs: \(candidates.joined(separator: ", "))"
    case .locked(_, let holder?):
      return """
        another run is in progress in this repository: run \(holder.run), process \(holder.pid), since \(holder.since)
        watch it with 'git orch status', or interrupt it with 'kill -INT \(holder.pid)'
        """
    case .locked(let path, nil):
      return "another run is starting or ending in this repository: it holds '\(path)'; try again in a moment"
    }
  }
}
