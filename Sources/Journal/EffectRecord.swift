import SystemPackage

/// Something outside of the run's own folder that a run changes, or that an undo changes back: what it is, how it was
/// before, and how it is afterwards. Written before the change is made, so that at any time each thing is either as it
/// was before its newest effect or as that leaves it.
package struct EffectRecord: Codable, Equatable, Hashable, Sendable {
  package var kind: EffectKind
  /// What is changed; of which form depends on the kind.
  package var name: String
  /// nil when it was not there.
  package var before: String?
  /// nil when it is not there afterwards.
  package var after: String?
  /// Where it is: the remote of a branch, the base of a pull request, the trash in which a worktree lies while it is not
  /// in its place.
  package var place: String?

  package init(_ kind: EffectKind, _ name: String, before: String?, after: String?, place: String? = nil) {
    self.kind = kind
    self.name = name
    self.before = before
    self.after = after
    self.place = place
  }

  /// The same change the other way round.
  package var inverse: EffectRecord { EffectRecord(kind, name, before: after, after: before, place: place) }
}

/// What an effect is on. A newer program may know more of them: a text, not a list of cases.
package struct EffectKind: RawRepresentable, Codable, Hashable, Sendable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  /// A reference of the repository by its full name; its object.
  package static let reference = EffectKind(rawValue: "reference")
  /// A worktree by the name of git's record of it; its path.
  package static let worktree = EffectKind(rawValue: "worktree")
  /// A key of the repository's own configuration; its value.
  package static let configuration = EffectKind(rawValue: "configuration")
  /// A branch of the remote `place`, by its full name there; its commit.
  package static let remoteBranch = EffectKind(rawValue: "remote-branch")
  /// A pull request by its number, or, as long as that is not known, by its branch; `open` or `closed`.
  package static let pullRequest = EffectKind(rawValue: "pull-request")
  /// The branch that a pull request is to be merged into, by its number.
  package static let pullRequestBase = EffectKind(rawValue: "pull-request-base")
  /// A file by its absolute path; the blob that it is.
  package static let file = EffectKind(rawValue: "file")

  /// A working tree by its path, with the branch `place` checked out, which moves with its files; its commit.
  package static let checkout = EffectKind(rawValue: "checkout")

  package init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

extension RunFolder {
  /// Hands on the journal's entries one by one; those that this program cannot read are left out.
  package func readEntries(_ body: (JournalEntry) -> Void) throws(JournalError) {
    var reader = JournalReader(path: journal.string)
    do {
      try readPieces { reader.feed($0, body) }
    } catch {
      throw .inaccessible(path: journal.string, reason: systemReason(error))
    }
    if let failure = reader.failure { throw failure }
  }
}
