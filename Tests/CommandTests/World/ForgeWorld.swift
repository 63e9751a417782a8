import Foundation
import OrchTestSupport
import SystemPackage

/// A scratch world whose remote is the repository `acme/widget` of a forge.
struct ForgeWorld: Sendable {
  enum Kind: String, Sendable, CaseIterable { case gitHub, bitbucket }

  var world: OrchWorld
  let forge: FakeForge

  /// What no output, file or process list may hold.
  static let token = "token-of-alice-0123456789"

  /// Runs `body` in a world of its own, with a user `alice` who is logged in.
  static func with<R: Sendable>(
    _ kind: Kind = .gitHub, _ body: (ForgeWorld) async throws -> R
  ) async throws -> R {
    var world = try await OrchWorld.make()
    let host = kind == .gitHub ? "github.com" : "bitbucket.org"
    // git goes to the folder; everybody else sees the URL that the user wrote.
    let url = "https://\(host)/acme/widget.git"
    try await world.repository.git("config", "url.\(world.remote).insteadOf", url)
    try await world.repository.git("remote", "set-url", "origin", url)
    return try await FakeForge.serving(
      repository: world.remote, dialect: kind == .gitHub ? .gitHub : .bitbucket
    ) { forge in
      await forge.add(.init("alice", token: token, email: "alice@example.com"))
      switch kind {
      case .gitHub:
        let variables = try forge.configureGh(in: world.repository.scratch.path.appending("gh"), token: token)
        world.environment.merge(variables) { $1 }
        try world.useStandInGh()
      case .bitbucket:
        world.environment["BITBUCKET_API_URL"] = "\(forge.baseURL)/2.0"
        world.environment["BITBUCKET_EMAIL"] = "alice@example.com"
        world.environment["BITBUCKET_API_TOKEN"] = token
      }
      return try await body(ForgeWorld(world: world, forge: forge))
    }
  }

  /// The same world as another user of the forge sees it, who is logged in with `gh`.
  func asUser(_ login: String) async throws -> OrchWorld {
    let token = "token-of-\(login)-0123456789"
    await forge.add(.init(login, token: token, email: "\(login)@example.com"))
    var world = world
    let folder = world.repository.scratch.path.appending("gh-\(login)")
    world.environment.merge(try forge.configureGh(in: folder, token: token)) { $1 }
    if world.environment["BITBUCKET_EMAIL"] != nil {
      world.environment["BITBUCKET_EMAIL"] = "\(login)@example.com"
      world.environment["BITBUCKET_API_TOKEN"] = token
    }
    return world
  }

  /// Pushes a branch with one file of its name and opens a pull request for it, as alice.
  @discardableResult
  func openPullRequest(
    _ branch: String, title: String? = nil, file: String? = nil, content: String = "x\n", base: String = "main"
  ) async throws -> FakeForge.PullRequest {
    let clone = world.repository.scratch.path.appending("clone-\(UUID().uuidString.prefix(8))")
    let repository = world.repository
    try await repository.git("clone", "--quiet", "--branch", base, world.remote.string, clone.string)
    try await repository.git("switch", "--quiet", "-c", branch, in: clone)
    try repository.write(file ?? "\(branch.split(separator: "/").last ?? "file").txt", content, in: clone)
    try await repository.git("add", "-A", in: clone)
    try await repository.git("commit", "--quiet", "-m", "feat: \(branch)", in: clone)
    try await repository.git("push", "--quiet", "origin", branch, in: clone)
    return try await forge.open(
      title: title ?? "feat: \(branch)", body: "Please", head: branch, base: base, author: "alice")
  }

  /// Everything that the tool has written into the repository.
  func recordedTexts() throws -> String {
    let folder = world.root.appending(".git/orchestrator")
    let files = FileManager.default.enumerator(atPath: folder.string)?.compactMap { $0 as? String } ?? []
    return files.compactMap { file in
      FileManager.default.contents(atPath: folder.appending(file).string).map { String(decoding: $0, as: UTF8.self) }
    }.joined(separator: "\n")
  }
}

extension OrchWorld {
  /// Puts a quick `gh` before the real one, which costs more of the machine than all else in a test of a forge; the tests
  /// of Forges, and those of the optimized program, call the real one.
  mutating fileprivate func useStandInGh() throws {
    let path = environment["PATH"] ?? ""
    let folders = path.split(separator: ":").map(String.init)
    guard BuiltPrograms.given == nil,
      let gh = folders.map({ "\($0)/gh" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else { return }
    let folder = repository.scratch.path.appending("quick").string
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/gh", withDestinationPath: "\(BuiltPrograms.folder)/stand-in-gh")
    environment["PATH"] = "\(folder):\(path)"
    environment["GIT_ORCH_TEST_GH"] = gh
  }
}
