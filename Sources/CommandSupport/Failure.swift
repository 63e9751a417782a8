/// An error as the user sees it: what went wrong, where, and what to do.
package struct Failure {
  /// May have several lines; the first says what went wrong.
  package let message: String

  package init(_ error: any Error) { message = "\(error)" }

  package func report(on console: Console) { console.narrate("fatal: \(message)") }
}
