extension SettingKey where Value == Int {
  package static var runCandidates: Self {
    SettingKey(
      "run.candidates", .integer(in: 1...8), default: 1,
      summary: "how many attempts at a task are made side by side, of which the best is chosen")
  }
}

extension SettingKey where Value == Bool {
  package static var runReviewCandidates: Self {
    SettingKey(
      "run.reviewCandidates", .boolean, default: true,
      summary: "have review.agent compare attempts at a task that tests do not tell apart")
  }
}
