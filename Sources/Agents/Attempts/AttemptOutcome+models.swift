import Basics

extension AttemptOutcome {
  /// Adds what was used, by model: as the results told, and what the API counted after the last of them, which no
  /// result tells any more.
  mutating func account(for summary: StreamSummary) {
    var used = summary.models
    for part in summary.streamed.all {
      usage += part.usage
      used.add(ModelUsage(model: part.model.isEmpty ? summary.model ?? "" : part.model, usage: part.usage))
    }
    // An older client tells no models, and then it is the session's.
    if used.all.isEmpty, let model = summary.model, usage.total > 0 || costUSD > 0 {
      used.add(ModelUsage(model: model, usage: usage))
    }
    models = used.all.filter { !$0.model.isEmpty }
    // What an attempt before this one had cost without telling is in the session's cost and in no model's.
    if models.count == 1, costUSD > 0 { models[0].costUSD = costUSD }
  }
}
