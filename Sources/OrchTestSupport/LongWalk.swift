import Foundation

/// Tests that do the same for many cases, of which each takes a second of a processor: a part of them is tried each time,
/// all of them in `.ci/run`.
package enum LongWalk {
  /// `GIT_ORCH_WALK`: `all`, or the name of what is to be walked wholly.
  package static let wanted = ProcessInfo.processInfo.environment["GIT_ORCH_WALK"]

  /// All of the cases, or each so many-th, with the first.
  package static func chosen<Case>(of all: [Case], each share: Int) -> [Case] {
    if wanted == "all" { return all }
    return all.enumerated().filter { $0.offset % share == 0 }.map(\.element)
  }
}
