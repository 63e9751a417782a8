package import Engine
import ForgeMerges
import Forges
package import HTTP
package import Processes
import Settings

/// Asks the forge, before a run whose pull requests are to be merged by its review, whether it merges in the way that is
/// set.
package struct MergeMethodCheck: Sendable {
  private let place: RepositoryContext
  private let stop: StopRequest
  private let send: HTTPSend
  private let note: @Sendable (String) -> Void

  package init(
    place: RepositoryContext, stop: StopRequest, send: @escaping HTTPSend, note: @escaping @Sendable (String) -> Void
  ) {
    self.place = place
    self.stop = stop
    self.send = send
    self.note = note
  }

  /// - Throws: `RunError` where it does not. What else is wrong with the forge, the run itself finds out.
  package func perform() async throws {
    guard let wanted = MergeMethod(rawValue: place.settings[.reviewMergeMethod].rawValue) else { return }
    let (place, send, note, stop) = (place, send, note, stop)
    try await stop.cancelling(at: .graceful) {
      let policy = ForgeRetryNotices(stop: stop, note: note).retryPolicy
      guard
        case .forge(let forge) = try? await ForgeLookup(place: place, send: send, retryPolicy: policy).find(slug: nil),
        let base = try? await Self.base(forge, place), let rules = try? await forge.mergeRules(of: base)
      else { return }
      try ReviewPreparation.refuse(wanted, by: rules, into: base, forge.site)
    }
  }

  private static func base(_ forge: any Forge, _ place: RepositoryContext) async throws -> String? {
    for setting in [place.settings[.gitDestinationBranch], place.settings[.gitBaseBranch]] {
      if let setting, setting != "auto" { return setting }
    }
    return try await forge.access().defaultBranch
  }
}
