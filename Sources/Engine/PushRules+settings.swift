package import Guarding
import Settings

extension PushRules {
  /// As the settings and the repository have them when a run begins.
  package init(_ place: RepositoryContext, identity: CommitIdentity, setup: WorktreeSetup) async throws {
    self.init()
    let settings = place.settings
    secrets = settings[.guardSecrets]
    ignored = settings[.guardIgnored]
    submodules = settings[.guardSubmodules]
    self.identity = settings[.guardIdentity] ? identity : nil
    allowed = settings[.guardAllow]
    commonDirectory = place.commonDirectory
    checkout = place.checkout
    remoteTips = try await Self.remoteTips(place.git)
    guard ignored, !setup.ignoredFiles.isEmpty else { return }
    copied = Set(setup.ignoredFiles)
    copiedBlobs = try await Self.blobs(of: setup.ignoredFiles, git: place.git)
  }
}
