/// What the files of a repository say about the project in it.
package struct Project: Sendable, Equatable {
  /// What it calls itself, else the name of the repository.
  package var name: String
  /// Languages and build tools, the main one first: `Swift`, `Java (Gradle)`.
  package var stacks: [String]
  package var testCommand: TestCommand?
  /// Why there is no test command, when more can be said than that none was found.
  package var noTestReason: String?
  /// What must be run in a new worktree before its tests can be; nil where nothing need be.
  package var setupCommand: String?
  /// What whoever plans or works should read first; tracked files that can be read.
  package var keyFiles: [String]
  /// How work is done here, a line each, without a full stop.
  package var conventions: [String]
  /// The instructions that the repository has for agents of ours.
  package var instructionsFile: String?
  /// The rules for agents in general that the repository has.
  package var rulesFiles: [String]

  /// What `project.agentInstructions` should be; nil when the repository's own rules say enough.
  package var agentInstructions: String? {
    if let instructionsFile { return "@\(instructionsFile)" }
    guard rulesFiles.isEmpty, !conventions.isEmpty else { return nil }
    return (["Conventions of this repository:"] + conventions.map { "- \($0)" }).joined(separator: "\n")
  }
}

/// A shell command that runs a project's tests.
package struct TestCommand: Sendable, Equatable {
  package var command: String
  /// Where it was found: `Makefile`, `scripts of package.json`.
  package var source: String

  package init(_ command: String, from source: String) {
    self.command = command
    self.source = source
  }
}

/// What git knows of how work is done in a repository.
package struct ProjectHistory: Sendable {
  /// Of the last commits that are no merges.
  package var subjects: [String]
  /// Names of branches, without the remote's.
  package var branches: [String]

  package init(subjects: [String] = [], branches: [String] = []) {
    self.subjects = subjects
    self.branches = branches
  }
}
