import Basics
import Engine
import Journal
import Settings
import SystemPackage

/// The plans that were generated in this repository, as far as an edited one must be told from them: a file with a
/// digest in each line, the newest last.
struct GeneratedPlans {
  private static let most = 100

  private let file: FilePath
  /// The last one as a whole, by which its commands are known; older versions kept no digests.
  private let last: FilePath

  init(_ store: RunStore) {
    file = store.folder.appending("generated-plans")
    last = store.generatedPlan
  }

  /// Whether some plan was generated with exactly this text.
  func contain(_ text: String) -> Bool {
    digests.contains(SHA256.hex(text.utf8)) || text == (try? last.readText(limit: 10 << 20, .plainFile))
  }

  func add(_ text: String) throws {
    let digest = SHA256.hex(text.utf8)
    let all = (digests.filter { $0 != digest } + [digest]).suffix(Self.most)
    try FileSystem.replace(file, with: all.map { $0 + "\n" }.joined())
    try FileSystem.replace(last, with: text)
  }

  private var digests: [String] {
    ((try? file.readText(limit: 1 << 20, .plainFile)) ?? "").split(separator: "\n").map(String.init)
  }
}
