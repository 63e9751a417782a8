import Basics
import CLibgit2
import Synchronization

/// Handles on repositories that were closed and are likely to be opened again: libgit2 parses all of the configuration
/// each time that it opens one, which takes 20 ms where there are thousands of sections, and a task opens a dozen.
///
/// Nothing is kept of a handle but the paths: all else is read again. Whether they are still right is looked at before one
/// is used again. Any thread.
final class IdleRepositories: Sendable {
  static let shared = IdleRepositories()

  /// How a working tree leads to its repository.
  struct Layout: Equatable, Sendable {
    /// The top of the working tree.
    let directory: String
    /// Of `.git`, where that is a file, and of what it leads to.
    private let link: FileStamp?
    private let common: FileStamp?

    /// nil where there is no working tree, or its files are so new that they could change unnoticed.
    init?(_ directory: String) {
      guard let entry = FileStamp("\(directory)/.git") else { return nil }
      self.directory = directory
      if entry.isFolder {
        guard FileStamp("\(directory)/.git/commondir") == nil else { return nil }
        (link, common) = (nil, nil)
        return
      }
      let now = FileStamp.now()
      guard entry.isRegular, !entry.isFresh(at: now), let text = shortText(at: "\(directory)/.git"),
        text.hasPrefix("gitdir: /"), case let record = text.dropFirst("gitdir: ".count),
        let common = FileStamp("\(record)/commondir"), !common.isFresh(at: now)
      else { return nil }
      (link, self.common) = (entry, common)
    }
  }

  /// A run has the checkout and a worktree for each agent that has just ended.
  private static let most = 32

  private struct Idle: @unchecked Sendable {
    let layout: Layout
    // One thread has it at a time: who puts it here is done with it, and who takes it is alone.
    let pointer: OpaquePointer
  }

  private let idle = Mutex<[Idle]>([])

  /// A handle that is now the caller's.
  func take(_ layout: Layout) -> OpaquePointer? {
    let found = idle.withLock { idle -> Idle? in
      idle.lastIndex { $0.layout.directory == layout.directory }.map { idle.remove(at: $0) }
    }
    guard let found else { return nil }
    if found.layout == layout { return found.pointer }
    git_repository_free(found.pointer)
    return nil
  }

  /// Takes over a handle.
  func give(_ pointer: OpaquePointer, _ layout: Layout) {
    guard git_repository__cleanup(pointer) == 0 else { return git_repository_free(pointer) }
    let new = Idle(layout: layout, pointer: pointer)
    let old = idle.withLock { idle -> Idle? in
      idle.append(new)
      return idle.count > Self.most ? idle.removeFirst() : nil
    }
    if let old { git_repository_free(old.pointer) }
  }
}
