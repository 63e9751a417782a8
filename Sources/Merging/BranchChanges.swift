import Git

/// What a branch changes of the base, arranged for comparing it with that of another branch.
struct BranchChanges: Sendable {
  struct Change: Sendable {
    let path: Int
    let old: TreeDifference.Entry?
    let new: TreeDifference.Entry?

    /// Whether it is a file on both sides, with nothing but its content changed.
    var isContent: Bool {
      guard let old, let new else { return false }
      return old.isRegular && new.isRegular && old.mode == new.mode
    }
  }

  /// By number of the path.
  let changes: [Change]
  /// Paths where there is something now that was nothing, or something of another kind.
  let added: [Int]
  /// The folders that those are in.
  let addedFolders: [Int]
  /// Folders of the base that are none any more.
  let goneFolders: [Int]
  /// Paths about which nobody is asked: see ``ConflictReport/notes``.
  let doubtful: [Doubt]

  enum Doubt: Sendable, Hashable {
    case longName(Int)
    case submodule(Int)
  }

  init(_ difference: TreeDifference, _ table: inout PathTable) {
    var changes: [Change] = []
    var (added, folders): ([Int], Set<Int>) = ([], [])
    var doubtful: [Doubt] = []
    for change in difference.changes {
      let number = table.number(of: change.path)
      changes.append(Change(path: number, old: change.old, new: change.new))
      if let new = change.new, change.old.map({ $0.mode & 0o170000 != new.mode & 0o170000 }) ?? true {
        added.append(number)
        // One that changes its kind adds nothing below.
        if change.old == nil {
          for folder in PathTable.folders(of: change.path) { folders.insert(table.number(of: folder)) }
        }
        if change.path.split(separator: UInt8(ascii: "/")).contains(where: { $0.count > 255 }) {
          doubtful.append(.longName(number))
        }
      }
      if let old = change.old, let new = change.new, old.isSubmodule != new.isSubmodule {
        doubtful.append(.submodule(number))
      }
    }
    self.changes = changes.sorted { $0.path < $1.path }
    self.added = added.sorted()
    addedFolders = folders.sorted()
    goneFolders = difference.goneFolders.map { table.number(of: $0) }.sorted()
    self.doubtful = doubtful
  }

  func has(_ path: Int) -> Bool {
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].path < path { low = middle + 1 } else { high = middle }
    }
    return low < changes.count && changes[low].path == path
  }
}

/// Three contents that meet in one file: equal ones merge equally, whatever the file is called, and whoever has which.
struct ContentMerge: Sendable, Hashable {
  let base: ObjectID
  let one: ObjectID
  let other: ObjectID

  init(base: ObjectID, _ one: ObjectID, _ other: ObjectID) {
    self.base = base
    (self.one, self.other) = one.description < other.description ? (one, other) : (other, one)
  }
}

/// What two branches that stand on the same base can do to each other, as far as their paths tell.
enum Suspicion: Sendable {
  /// They merge.
  case none
  /// They merge if these contents do: paths and what meets in them.
  case contents([(path: Int, merge: ContentMerge)])
  /// git has to merge them.
  case whole

  init(_ one: BranchChanges, _ other: BranchChanges) {
    var contents: [(path: Int, merge: ContentMerge)] = []
    var haveBothRemoved = false
    var (first, second) = (0, 0)
    while first < one.changes.count, second < other.changes.count {
      let (ours, theirs) = (one.changes[first], other.changes[second])
      if ours.path != theirs.path {
        if ours.path < theirs.path { first += 1 } else { second += 1 }
        continue
      }
      (first, second) = (first + 1, second + 1)
      if ours.new == theirs.new {
        if ours.new == nil { haveBothRemoved = true }
      } else if ours.isContent, theirs.isContent, let base = ours.old, base == theirs.old, let new = ours.new,
        let otherNew = theirs.new
      {
        contents.append((ours.path, ContentMerge(base: base.id, new.id, otherNew.id)))
      } else {
        self = .whole
        return
      }
    }
    // What is gone on both sides may have been renamed by one or by both.
    let isRenamed = haveBothRemoved && !(one.added.isEmpty && other.added.isEmpty)
    // A file here is a folder there.
    let isFileAndFolder = haveCommon(one.added, other.addedFolders) || haveCommon(other.added, one.addedFolders)
    // A folder was renamed, to which the other adds.
    let isFolderRenamed =
      haveCommon(one.goneFolders, other.addedFolders) || haveCommon(other.goneFolders, one.addedFolders)
    if isRenamed || isFileAndFolder || isFolderRenamed {
      self = .whole
    } else {
      self = contents.isEmpty ? .none : .contents(contents)
    }
  }
}
