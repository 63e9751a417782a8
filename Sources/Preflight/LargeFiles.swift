import Basics
import Engine
package import Git

extension Preflight {
  /// Files that are kept by `git-lfs`, which no worktree gets without it. nil where there are none.
  package func largeFiles(shape known: RepositoryShape? = nil) async -> Fact? {
    var shape = known
    if shape == nil { shape = try? await place.inRepository { try $0.shape() } }
    guard let shape, shape.usesLFS else { return nil }
    let name = "Git LFS"
    let isInstalled = ExecutableSearch(place.environment).locate("git-lfs") != nil
    switch (isInstalled, shape.requiresLFS) {
    case (true, true): return Fact(name, .good, "installed and set up")
    case (true, false):
      return Fact(
        name, .warning, "not set up: agents would see pointers instead of the files",
        advice: ["set it up: git lfs install"])
    case (false, true):
      return Fact(
        name, .fault, "'git-lfs' is not installed, and no worktree can be checked out without it",
        advice: ["install it: https://git-lfs.com"])
    case (false, false):
      return Fact(
        name, .warning, "'git-lfs' is not installed: agents would see pointers instead of the files",
        advice: ["set it up: git lfs install", "after installing it: https://git-lfs.com"])
    }
  }
}
