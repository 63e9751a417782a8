import Basics
import Synchronization

/// Something that is asked of a scheduler beside the looks at a job's files: without a controller, an answer takes long.
final class JobQuestion<Answer: Sendable>: Sendable {
  private let answer = Mutex<Result<Answer, LaunchError>?>(nil)
  private let work = Mutex<Task<Void, Never>?>(nil)

  /// - Parameter nudge: is sent once there is an answer.
  init(_ nudge: AsyncSignal, _ ask: @escaping @Sendable () async throws(LaunchError) -> Answer) {
    // Awaited by whoever drops the question.
    let task = Task {
      let result: Result<Answer, LaunchError>
      do throws(LaunchError) {
        let found = try await ask()
        result = .success(found)
      } catch {
        result = .failure(error)
      }
      answer.withLock { $0 = result }
      nudge.send()
    }
    work.withLock { $0 = task }
  }

  /// nil while there is none.
  var result: Result<Answer, LaunchError>? { answer.withLock(\.self) }

  /// Ends it, and waits for that.
  func drop() async {
    let task = work.withLock(\.self)
    task?.cancel()
    await task?.value
  }
}
