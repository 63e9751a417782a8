import Engine
import Journal
import Restacking
import Trains

extension RestackPlan {
  /// After a landing; nil where nothing has to move: merges bring the very commits that the others build on.
  init?(_ plan: LandingPlan, in place: RepositoryContext) {
    guard plan.request.mode != .merge, let id = plan.run, let run = try? place.store.run(id).state() else { return nil }
    self.init(
      base: plan.base, remote: plan.remote, branchRemote: plan.forge?.branchRemote ?? plan.remote, run: run,
      landed: Set(plan.landed.keys))
  }
}
