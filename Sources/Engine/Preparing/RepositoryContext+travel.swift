import Basics
import Git
import Launchers
import Settings
import SystemPackage

extension RepositoryContext {
  /// Why work on this repository cannot be sent to the machines of `orchestrator.launcher` that share no files with this
  /// one, as a clause; nil where it can, and where there are none.
  package var reasonNotToTravel: String? {
    get async {
      guard Launchers(settings, environment: environment).selected()?.travels == true else { return nil }
      if checkout?.appending(".gitmodules").exists == true { return "it has submodules, which do not travel" }
      let isWhole = try? await inRepository { !$0.isShallow && !$0.isPartialClone }
      return isWhole == false ? "not all of the history is here, and what is missing cannot be sent" : nil
    }
  }
}
