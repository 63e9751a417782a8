/// What a model learns about the project; bounded, since a prompt is.
package struct ProjectContext: Sendable, Equatable {
  package struct KeyFile: Sendable, Equatable {
    package let path: String
    package let content: String

    package init(path: String, content: String) {
      self.path = path
      self.content = content
    }
  }

  package var repositoryName: String?
  /// Tracked paths, as git lists them.
  package var files: [String]
  /// Files worth reading before planning (`orchestrator.project.keyFiles`, a README).
  package var keyFiles: [KeyFile]
  /// `orchestrator.project.agentInstructions`: the user's own words, not the repository's.
  package var instructions: String?
  package var testCommand: String?
  package var baseBranch: String

  /// How much of each goes into a prompt; the rest is left out, and the prompt says so.
  static let mostFiles = 2_000
  static let longestKeyFile = 20_000
  static let longestKeyFiles = 100_000

  package init(
    repositoryName: String? = nil, files: [String] = [], keyFiles: [KeyFile] = [], instructions: String? = nil,
    testCommand: String? = nil, baseBranch: String
  ) {
    self.repositoryName = repositoryName
    self.files = files
    self.keyFiles = keyFiles
    self.instructions = instructions
    self.testCommand = testCommand
    self.baseBranch = baseBranch
  }
}
