import CLibgit2
import Processes

/// What a commit says besides its tree and its parents.
package struct CommitText: Sendable, Equatable {
  /// As git writes them into a commit: `Name <mail> seconds zone`.
  package var author: String
  package var committer: String
  /// In which the message is written; nil for UTF-8.
  package var encoding: String?
  /// Byte for byte.
  package var message: [UInt8]

  package init(author: String, committer: String, encoding: String? = nil, message: [UInt8]) {
    self.author = author
    self.committer = committer
    self.encoding = encoding
    self.message = message
  }

  package init(author: String, committer: String, message: String) {
    self.init(author: author, committer: committer, message: Array(message.utf8))
  }
}

extension Repository {
  package enum ObjectKind: Sendable {
    case blob, commit, tree

    var raw: git_object_t {
      switch self {
      case .blob: GIT_OBJECT_BLOB
      case .commit: GIT_OBJECT_COMMIT
      case .tree: GIT_OBJECT_TREE
      }
    }
  }

  /// Writes an object into the database as it is. Nothing refers to it yet.
  package func write(_ bytes: [UInt8], as kind: ObjectKind) throws(GitError) -> ObjectID {
    let database = try Handle(free: git_odb_free) { git_repository_odb(&$0, pointer) }
    var id = git_oid()
    try check(git_odb_write(&id, database.pointer, bytes, bytes.count, kind.raw), "cannot write an object")
    return ObjectID(id)
  }

  /// The object's bytes.
  /// - Throws: `.notFound`; `.other` when it is of another kind.
  package func read(_ id: ObjectID, _ kind: ObjectKind) throws(GitError) -> [UInt8] {
    let database = try Handle(free: git_odb_free) { git_repository_odb(&$0, pointer) }
    var oid = id.oid
    let object = try Handle(free: git_odb_object_free) { git_odb_read(&$0, database.pointer, &oid) }
    guard git_odb_object_type(object.pointer) == kind.raw else {
      throw GitError(.other, "object '\(id)' is not a \(kind)")
    }
    return Array(
      UnsafeRawBufferPointer(start: git_odb_object_data(object.pointer), count: git_odb_object_size(object.pointer)))
  }

  /// Writes a commit as it is; signatures are not made.
  package func writeCommit(tree: ObjectID, parents: [ObjectID], _ text: CommitText) throws(GitError) -> ObjectID {
    var head = "tree \(tree)\n" + parents.map { "parent \($0)\n" }.joined()
    head += "author \(text.author)\ncommitter \(text.committer)\n"
    if let encoding = text.encoding { head += "encoding \(encoding)\n" }
    return try write(Array(head.utf8) + [UInt8(ascii: "\n")] + text.message, as: .commit)
  }

  /// What the commit says of its author and in its message. Bytes of names that are not UTF-8 are replaced.
  package func text(of commit: ObjectID) throws(GitError) -> CommitText {
    let bytes = try read(commit, .commit)
    var text = CommitText(author: "", committer: "", message: [])
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { continue }
      let value = String(decoding: line[(space + 1)...], as: UTF8.self)
      switch String(decoding: line[..<space], as: UTF8.self) {
      // Lines of a signature begin with a space, and so have no name.
      case "author": text.author = value
      case "committer": text.committer = value
      case "encoding": text.encoding = value
      default: break
      }
    }
    text.message = Array(rest)
    return text
  }

  /// The commit at which two lines of history part; nil when they have none in common.
  package func mergeBase(_ one: ObjectID, _ other: ObjectID) throws(GitError) -> ObjectID? {
    if isIncomplete {
      let output = try runGit(.reading, ["merge-base", "\(one)", "\(other)"])
      guard output.status <= 1 else { throw GitError(output) }
      return ObjectID(output.text)
    }
    var (first, second, found) = (one.oid, other.oid, git_oid())
    let code = git_merge_base(&found, pointer, &first, &second)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code)
    return ObjectID(found)
  }
}

extension GitCommand {
  /// Who the user is, as author and as committer, with the time: git weighs `GIT_AUTHOR_*`, `user.*`, `git -c` and the
  /// system's user.
  package func identities() async throws(GitError) -> (author: String, committer: String) {
    (
      try await require(.reading, ["var", "GIT_AUTHOR_IDENT"]).text,
      try await require(.reading, ["var", "GIT_COMMITTER_IDENT"]).text
    )
  }
}
