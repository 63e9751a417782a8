package import Basics
package import Journal
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Follows a run's journal as it grows, and folds only what is new.
///
/// Not Sendable: one task follows.
package final class RunFollower {
  /// How long to wait at most for the journal to grow: a process that dies writes nothing, so whether the one that
  /// performs the run is still there is looked at that often.
  package static let longestWait = Duration.seconds(2)

  private let folder: RunFolder
  private let store: RunStore
  private let file: FileFollower
  private var fold: JournalFold

  /// - Parameter wakeup: is sent when the journal may have grown.
  package init(_ folder: RunFolder, in store: RunStore, wakeup: AsyncSignal) throws(FileError) {
    self.folder = folder
    self.store = store
    file = try FileFollower(path: folder.journal, wakeup: wakeup)
    fold = JournalFold(path: folder.journal.string)
  }

  /// The run as it is now.
  package func view() throws(JournalError) -> RunView {
    // The lock first: a run that ends between the two has then written so, and is not taken for one that died.
    let holder = RunLock.currentHolder(at: store.lock)
    var failure: JournalError?
    _ = file.readAvailable { bytes in
      do throws(JournalError) {
        try fold.feed(bytes)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard let state = fold.state else { throw .noHeader(path: folder.journal.string) }
    return RunView(state, isAlive: holder?.run == state.header.id, now: Date())
  }
}
