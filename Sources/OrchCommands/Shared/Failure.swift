import Orchestration

/// An error as the user is told of it: what went wrong, where, and what to do.
struct Failure {
  let message: String
  let hints: [String]

  init(_ error: any Error) {
    message = "\(error)"
    hints = (error as? RunError)?.hints ?? []
  }

  func report(on console: Console) {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
    console.narrate("fatal: \(lines.first ?? "unknown error")")
    for line in lines.dropFirst() { console.narrate(String(line)) }
    for hint in hints { console.narrate("hint: \(hint)") }
  }
}
