import Basics
import CLibgit2

extension Repository {
  private static let mostSubjects = 50
  /// So many commits are looked at for them: a history may be all merges.
  private static let mostCommits = 500

  /// The subjects of the last 50 commits that are no merges, newest first; empty in a repository without a commit. A
  /// shallow clone has those that it has.
  package func recentSubjects() -> [String] {
    var tip = git_oid()
    guard git_reference_name_to_id(&tip, pointer, "HEAD") == 0 else { return [] }
    // libgit2's own walk would read the whole history first.
    var next: [(time: Int64, subject: String, parents: [git_oid])] = []
    var seen: Set<ObjectID> = []
    func add(_ id: git_oid) {
      var id = id
      guard seen.insert(ObjectID(id)).inserted,
        let commit = try? Handle(free: git_commit_free, { git_commit_lookup(&$0, pointer, &id) })
      else { return }
      let parents = (0..<git_commit_parentcount(commit.pointer)).compactMap {
        git_commit_parent_id(commit.pointer, $0)?.pointee
      }
      let subject = git_commit_summary(commit.pointer).map { String(cString: $0) } ?? ""
      next.append((git_commit_time(commit.pointer), subject, parents))
    }
    add(tip)
    var subjects: [String] = []
    for _ in 0..<Self.mostCommits where subjects.count < Self.mostSubjects {
      guard let newest = next.indices.max(by: { next[$0].time < next[$1].time }) else { break }
      let commit = next.remove(at: newest)
      if commit.parents.count < 2, !commit.subject.isEmpty { subjects.append(commit.subject) }
      for parent in commit.parents { add(parent) }
    }
    return subjects
  }
}
