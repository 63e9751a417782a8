import Basics
import CLibgit2
import Platform
import Processes
import SystemPackage

/// What is unlike other repositories about one.
package struct RepositoryShape: Sendable, Equatable {
  package var isBare = false
  package var isLinkedWorktree = false
  package var isShallow = false
  package var isPartialClone = false
  package var isSparse = false
  package var hasSubmodules = false
  /// Files are kept by `git-lfs`, as the attributes in the index (of a bare repository, in `HEAD`) say.
  package var usesLFS = false
  /// Whether git refuses to check files out without `git-lfs`, as it does after `git lfs install`.
  package var requiresLFS = false
}

extension Repository {
  /// Looks at configuration and attributes; changes nothing and asks no remote.
  package func shape() throws(GitError) -> RepositoryShape {
    var shape = RepositoryShape(isBare: isBare, isLinkedWorktree: isLinkedWorktree, isShallow: isShallow)
    shape.isPartialClone = isPartialClone
    shape.isSparse = GitEnvironment.isTrue(try configurationValue("core.sparseCheckout"))
    shape.hasSubmodules = workingFolder.map { FileStatus("\($0)/.gitmodules") != nil } ?? false
    shape.usesLFS = try usesLFS()
    shape.requiresLFS = GitEnvironment.isTrue(try configurationValue("filter.lfs.required"))
    return shape
  }

  private static let attributesFile = Array(".gitattributes".utf8)

  private func usesLFS() throws(GitError) -> Bool {
    if !isBare, let known = indexUsesLFS { return known }
    // It finds nothing in an unborn HEAD.
    let places = isBare ? ["HEAD", "--"] : ["--cached", "--"]
    return try runGit(
      .reading, ["grep", "--quiet", "-e", "filter=lfs"] + places + [":(glob)**/.gitattributes"]
    ).isSuccess
  }

  /// Whether attributes in the index name the filter; nil where libgit2 cannot tell: of an index with folders, or without
  /// the files.
  private var indexUsesLFS: Bool? {
    guard let index = try? Handle(free: git_index_free, { git_repository_index(&$0, pointer) }) else { return nil }
    let file = Self.attributesFile
    for position in 0..<git_index_entrycount(index.pointer) {
      guard var entry = git_index_get_byindex(index.pointer, position)?.pointee, let path = entry.path else { continue }
      let start = strlen(path) - file.count
      guard start >= 0, memcmp(path + start, file, file.count) == 0,
        start == 0 || UInt8(bitPattern: path[start - 1]) == UInt8(ascii: "/")
      else { continue }
      guard let blob = try? Handle(free: git_blob_free, { git_blob_lookup(&$0, pointer, &entry.id) }) else {
        return nil
      }
      let bytes = UnsafeRawBufferPointer(
        start: git_blob_rawcontent(blob.pointer), count: Int(git_blob_rawsize(blob.pointer)))
      if String(decoding: bytes, as: UTF8.self).contains("filter=lfs") { return true }
    }
    return false
  }
}
