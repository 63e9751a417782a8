import Journal

/// What a page says of tasks at which several attempts stood side by side.
extension ReportPage {
  func candidateDetails(of task: TaskState) -> [(String, HTML)] {
    var details: [(String, HTML)] = []
    if let choice = task.choice {
      let note: HTML = choice.note.map { " <span class=\"mute\">\($0)</span>" } ?? .nothing
      details.append(
        ("Chosen", "\(choice.candidate) of \(choice.candidates.count) candidates: \(choice.reason)\(note)"))
    }
    guard let id = task.header.candidateOf, let owner = state[task: id] else { return details }
    if let reason = owner.choice?.candidates.first(where: { $0.id == task.header.id })?.reason {
      details.append(("Not chosen", "\(reason)"))
    }
    if let review = owner.candidateReviews.first(where: { $0.candidate == task.header.id }) {
      details.append(("Reviewer", "\(review.score) of 100: \(review.summary)"))
    }
    return details
  }
}
