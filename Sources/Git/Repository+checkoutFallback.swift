import Basics
import CLibgit2
import Platform
package import SystemPackage

/// A reason to leave the files of a working tree to git itself: libgit2 would do them differently, or slower.
package enum CheckoutFallbackReason: String, Sendable {
  /// Attributes that change content on its way: filters such as LFS, line endings, encodings, `ident`.
  case attributes
  /// Configuration that only git sees, as from `git -c`.
  case commandConfiguration
  case fileSystemMonitor
  /// Files of the user's home that libgit2 would look for in another home than our environment's.
  case home
  /// An index in a form libgit2 does not read, or with entries that it takes for others.
  case index
  case lineEndings
  /// More than ``Repository/manyFiles``.
  case manyFiles
  case partialClone
  case sparseCheckout
  case submodules
  case symbolicLinks
}

extension Repository {
  /// From how many files on git's own look at a working tree is faster, although it must be started: about 3 ms.
  static let manyFiles = 400
  /// The same for writing the files of a tree: without filters libgit2 takes 1.15 times git's time for each.
  static let manyFilesToWrite = 2000

  /// Why, by the configuration and the attributes outside the tree, git must do it; `nil` when libgit2 may.
  package func configurationNeedsGit() throws(GitError) -> CheckoutFallbackReason? {
    if hasCommandConfiguration { return .commandConfiguration }
    let sections = ["core.", "extensions.", "remote.", "index.", "feature."]
    for (key, value) in try configurationEntries(where: { key in sections.contains(where: key.hasPrefix) }) {
      let isTrue = GitEnvironment.isTrue(value)
      switch key {
      case "core.autocrlf" where isTrue: return .lineEndings
      case "core.eol" where value != "lf" && value != "native": return .lineEndings
      case "core.fsmonitor" where isTrue: return .fileSystemMonitor
      case "core.sparsecheckout" where isTrue, "index.sparse" where isTrue: return .sparseCheckout
      case "core.splitindex" where isTrue, "feature.manyfiles" where isTrue, "index.skiphash" where isTrue:
        return .index
      case "core.symlinks" where !isTrue: return .symbolicLinks
      case "extensions.partialclone": return .partialClone
      case _ where key.hasSuffix(".promisor") && isTrue: return .partialClone
      case "core.excludesfile" where value.hasPrefix("~") && !hasHomeOfProcess: return .home
      case "core.attributesfile" where Self.attributesNeedGit(at: expandingHome(value).string): return .attributes
      default: break
      }
    }
    let userFolder = userConfigurationFolder
    if !hasHomeOfProcess, let userFolder, FileStatus("\(userFolder)/ignore") != nil { return .home }
    let files = ["\(commonFolder)/info/attributes", userFolder.map { "\($0)/attributes" }, "/etc/gitattributes"]
    return files.contains { $0.map(Self.attributesNeedGit(at:)) ?? false } ? .attributes : nil
  }

  /// Why git must look at the working tree that belongs to the present index; `nil` when libgit2 may.
  func indexNeedsGit() throws(GitError) -> CheckoutFallbackReason? {
    guard let index = try? Handle(free: git_index_free, { git_repository_index(&$0, pointer) }) else { return .index }
    let count = git_index_entrycount(index.pointer)
    if count > Self.manyFiles { return .manyFiles }
    let trickyFlags = UInt16(GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue | GIT_INDEX_ENTRY_INTENT_TO_ADD.rawValue)
    for position in 0..<count {
      guard let entry = git_index_get_byindex(index.pointer, position)?.pointee else { continue }
      if UInt32(entry.mode) == GIT_FILEMODE_COMMIT.rawValue { return .submodules }
      let isAssumedUnchanged = UInt32(entry.flags) & GIT_INDEX_ENTRY_VALID.rawValue != 0
      if isAssumedUnchanged || entry.flags_extended & trickyFlags != 0 { return .index }
      let path = String(cString: entry.path)
      guard Self.namesSpecialFile(path), let workingFolder else { continue }
      // The file in the working tree is the one that counts; the one in the index counts when it is gone.
      let file = "\(workingFolder)/\(path)"
      if path.hasSuffix(".gitmodules") { return .submodules }
      if FileStatus(file) != nil ? Self.attributesNeedGit(at: file) : try blobNeedsGit(entry.id) { return .attributes }
    }
    return nil
  }

  /// Why git must write the files of a commit; `nil` when libgit2 may.
  package func treeNeedsGit(of commit: ObjectID) throws(GitError) -> CheckoutFallbackReason? {
    let commitObject = try lookUp(commit)
    let tree = try Handle(free: git_tree_free) { git_commit_tree(&$0, commitObject.pointer) }
    var count = 0
    return try fallbackReason(of: tree.pointer, count: &count)
  }

  private func fallbackReason(of tree: OpaquePointer, count: inout Int) throws(GitError) -> CheckoutFallbackReason? {
    for position in 0..<git_tree_entrycount(tree) {
      guard let entry = git_tree_entry_byindex(tree, position), let id = git_tree_entry_id(entry) else { continue }
      switch git_tree_entry_type(entry) {
      case GIT_OBJECT_COMMIT: return .submodules
      case GIT_OBJECT_TREE:
        let subtree = try Handle(free: git_tree_free) { git_tree_lookup(&$0, pointer, id) }
        if let found = try fallbackReason(of: subtree.pointer, count: &count) { return found }
      default:
        count += 1
        if count > Self.manyFilesToWrite { return .manyFiles }
        let name = String(cString: git_tree_entry_name(entry))
        if name == ".gitmodules" { return .submodules }
        if name == ".gitattributes", try blobNeedsGit(id.pointee) { return .attributes }
      }
    }
    return nil
  }

  static func namesSpecialFile(_ path: String) -> Bool {
    path.hasSuffix(".gitattributes") || path.hasSuffix(".gitmodules")
  }

  private func blobNeedsGit(_ id: git_oid) throws(GitError) -> Bool {
    var id = id
    let blob = try Handle(free: git_blob_free) { git_blob_lookup(&$0, pointer, &id) }
    let bytes = UnsafeRawBufferPointer(
      start: git_blob_rawcontent(blob.pointer), count: Int(git_blob_rawsize(blob.pointer)))
    return Self.attributesNeedGit(String(decoding: bytes, as: UTF8.self))
  }

  private static func attributesNeedGit(at file: String) -> Bool {
    shortText(at: file).map { attributesNeedGit($0) } ?? false
  }

  /// Whether a file of attributes sets one that changes content between the database and the working tree. `binary`,
  /// `-text` and those for diffs and merges do not.
  static func attributesNeedGit(_ text: String) -> Bool {
    for line in text.split(whereSeparator: \.isNewline) where line.first != "#" {
      // A macro can stand for any of them.
      if line.hasPrefix("[attr]") { return true }
      for word in line.split(whereSeparator: \.isWhitespace).dropFirst() where word.first != "-" && word.first != "!" {
        let name = word.prefix { $0 != "=" }
        if ["text", "eol", "crlf", "ident", "filter", "working-tree-encoding"].contains(name) { return true }
      }
    }
    return false
  }

  private var hasHomeOfProcess: Bool {
    ["HOME", "XDG_CONFIG_HOME"].allSatisfy { name in getenv(name).map { String(cString: $0) } == environment[name] }
  }

  /// The user's own rules of what is ignored, whether there is such a file or not; nil when only git knows.
  /// - Parameter setting: what `core.excludesFile` says, "" for nothing; nil when that is to be looked up.
  package func excludesFile(_ setting: String?) throws(GitError) -> FilePath? {
    let value: String
    if let setting { value = setting } else { value = try configurationValue("core.excludesfile") ?? "" }
    if value.isEmpty { return userConfigurationFolder.map { FilePath($0).appending("ignore") } }
    let path = expandingHome(value)
    return path.isAbsolute ? path : nil
  }

  func expandingHome(_ path: String) -> FilePath {
    guard path.hasPrefix("~/"), let home = environment["HOME"] else { return FilePath(path) }
    return FilePath(home).appending(String(path.dropFirst(2)))
  }
}
