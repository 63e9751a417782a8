package import SystemPackage

/// A program to be started, with all that it gets.
package struct Invocation: Sendable, Equatable {
  package var executable: FilePath
  /// Without the program's name.
  package var arguments: [String]
  /// The whole environment: nothing is inherited beside it.
  package var environment: [String: String]

  package init(executable: FilePath, arguments: [String], environment: [String: String]) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
  }
}
