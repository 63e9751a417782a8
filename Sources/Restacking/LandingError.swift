/// Why nothing can land. Nothing was changed when one of these is thrown.
package struct LandingError: Error, Equatable, CustomStringConvertible {
  package let fault: String
  package let hints: [String]

  package init(_ fault: String, hints: [String] = []) {
    self.fault = fault
    self.hints = hints
  }

  package var description: String { ([fault] + hints.map { "hint: \($0)" }).joined(separator: "\n") }
}
