import OrchTestSupport
import Platform
import SystemPackage

/// What an input must not do; a trap is noticed by the parent process.
struct Violation: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A part of the program that reads what others wrote.
struct FuzzTarget: Sendable {
  let name: String
  /// What it reads when all is well.
  let seeds: @Sendable (_ samples: FilePath) throws -> [[UInt8]]
  /// Reads an input and shows what came of it. `random` decides what the input does not say, such as where it is cut into
  /// pieces.
  let run: @Sendable (_ input: [UInt8], _ random: inout SeededRandom) async throws -> Void

  static let all: [FuzzTarget] = [
    .stream, .codexStream, .acpStream, .journal, .ledger, .plan, .todo, .teamFile, .gitListing, .gitHub, .bitbucket,
    .verdict,
  ]
}

/// Cuts an input into pieces, as a growing file is read.
func pieces(of input: [UInt8], _ random: inout SeededRandom, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
  var start = 0
  while start < input.count {
    let end = min(input.count, start + 1 + random.below(random.once(in: 4) ? 40 : 60_000))
    try input[start..<end].withUnsafeBytes { try body($0) }
    start = end
  }
}
