/// An error as the user is told of it: what went wrong, where, and what to do.
struct Failure {
  /// May have several lines; the first says what went wrong.
  let message: String

  init(_ error: any Error) { message = "\(error)" }

  func report(on console: Console) { console.narrate("fatal: \(message)") }
}
