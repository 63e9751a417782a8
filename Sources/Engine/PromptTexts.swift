package import Discovery
import Git
import Settings

/// What the settings and the history say that goes into every prompt.
package struct PromptTexts: Sendable {
  package let testCommand: String?
  package let testInstructions: String?
  package let agentInstructions: String?
  package let keyFiles: [String]
  /// How commits are to be written, as the history has it.
  package let commitStyle: CommitStyle?

  package init(_ place: RepositoryContext) async throws {
    let settings = place.settings
    testCommand = settings[.projectTestCommand]
    testInstructions = try settings.text(of: .projectTestInstructions, repositoryRoot: place.root)
    agentInstructions = try settings.text(of: .projectAgentInstructions, repositoryRoot: place.root)
    keyFiles = settings[.projectKeyFiles]
    commitStyle = CommitStyle(of: try await place.inRepository { $0.recentSubjects() })
  }
}

extension CommitStyle? {
  /// How agents are to commit, as the object of a sentence. `-m` first, as ``CommitForms`` in Agents allows it.
  package var instruction: String {
    switch self {
    case .conventional, nil: "`git commit -m \"type: what it does\"` in the conventional-commit form"
    case .area: "`git commit -m \"area: what it does\"`, with the areas that `git log --oneline -20` shows"
    case .free: "`git commit -m \"what it does\"`, in the style that `git log --oneline -20` shows"
    }
  }
}
