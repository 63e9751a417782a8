import Basics

/// Node, with npm, pnpm, yarn or bun; Deno.
enum JavaScript {
  static func part(in folder: Folder) -> Part? {
    guard folder.has("package.json") else { return deno(in: folder) }
    let manifest = folder.text("package.json").flatMap { JSON(parsing: $0) }
    let manager = manager(in: folder, manifest)
    let language = folder.has("tsconfig.json") ? "TypeScript" : "JavaScript"
    return Part(
      stack: "\(language) (\(manager.rawValue))", test: manifest.flatMap { test($0, manager, in: folder) },
      buildFile: "package.json", name: manifest?["name"]?.string,
      setup: manifest.flatMap { setup($0, manager, in: folder) })
  }

  static func isMonorepo(_ folder: Folder) -> Bool {
    if folder.hasAny("pnpm-workspace.yaml", "lerna.json", "nx.json", "turbo.json") { return true }
    return folder.text("package.json").flatMap { JSON(parsing: $0) }?["workspaces"] != nil
  }

  private enum Manager: String {
    case npm, pnpm, yarn, bun

    /// Runs the script `test`. To bun, `bun test` is its own runner.
    var test: String { self == .bun ? "bun run test" : "\(rawValue) test" }

    /// Runs a program of the project's dependencies.
    var execute: String {
      switch self {
      case .npm: "npx --no-install"
      case .pnpm: "pnpm exec"
      case .yarn: "yarn"
      case .bun: "bunx"
      }
    }
  }

  private static func manager(in folder: Folder, _ manifest: JSON?) -> Manager {
    if let named = manifest?["packageManager"]?.string?.split(separator: "@").first,
      let manager = Manager(rawValue: String(named))
    {
      return manager
    }
    if folder.hasAny("pnpm-lock.yaml", "pnpm-workspace.yaml") { return .pnpm }
    if folder.has("yarn.lock") { return .yarn }
    if folder.hasAny("bun.lock", "bun.lockb") { return .bun }
    return .npm
  }

  /// Exactly what the lock file names, so that the worktree stays as it is committed; nil without one, or without
  /// dependencies.
  private static func setup(_ manifest: JSON, _ manager: Manager, in folder: Folder) -> String? {
    let kinds = ["dependencies", "devDependencies", "workspaces"]
    guard kinds.contains(where: { manifest[$0] != nil }) || isMonorepo(folder),
      !folder.hasFolder("node_modules")
    else { return nil }
    switch manager {
    case .npm: return folder.hasAny("package-lock.json", "npm-shrinkwrap.json") ? "npm ci" : nil
    case .pnpm: return folder.has("pnpm-lock.yaml") ? "pnpm install --frozen-lockfile" : nil
    case .yarn:
      guard folder.has("yarn.lock") else { return nil }
      return "yarn install \(folder.has(".yarnrc.yml") ? "--immutable" : "--frozen-lockfile")"
    case .bun: return folder.hasAny("bun.lock", "bun.lockb") ? "bun install --frozen-lockfile" : nil
    }
  }

  private static func test(_ manifest: JSON, _ manager: Manager, in folder: Folder) -> TestCommand? {
    if hasTest(manifest) { return TestCommand(manager.test, from: "scripts of package.json") }
    if isMonorepo(folder), let command = testOfWorkspaces(manager, in: folder) { return command }
    let dependencies = (manifest["devDependencies"]?.keys ?? []) + (manifest["dependencies"]?.keys ?? [])
    for (package, command) in [("vitest", "vitest run"), ("jest", "jest"), ("mocha", "mocha"), ("ava", "ava")]
    where dependencies.contains(package) {
      return TestCommand("\(manager.execute) \(command)", from: "dependencies of package.json")
    }
    let isTest = { (path: String) in path.contains(".test.") || path.contains(".spec.") }
    if manager == .bun, folder.contains(where: isTest) { return TestCommand("bun test", from: "bun's test files") }
    return nil
  }

  /// Whether there is a script `test` that is not the placeholder of `npm init`.
  private static func hasTest(_ manifest: JSON) -> Bool {
    guard let script = manifest["scripts"]?["test"]?.string?.trimmed else { return false }
    return !script.isEmpty && !script.contains("no test specified")
  }

  private static func testOfWorkspaces(_ manager: Manager, in folder: Folder) -> TestCommand? {
    if let turbo = folder.text("turbo.json").flatMap({ JSON(parsing: $0) }),
      (turbo["tasks"] ?? turbo["pipeline"])?["test"] != nil
    {
      return TestCommand("\(manager.execute) turbo run test", from: "turbo.json")
    }
    // A few of them show it; there may be hundreds.
    let manifests = folder.paths.filter { $0.hasSuffix("/package.json") }.prefix(20)
    let haveTests = manifests.contains { folder.text($0).flatMap { JSON(parsing: $0) }.map(hasTest) ?? false }
    switch manager {
    case _ where !haveTests: return nil
    case .npm: return TestCommand("npm test --workspaces --if-present", from: "packages of the workspace")
    case .pnpm: return TestCommand("pnpm -r test", from: "packages of the workspace")
    case .yarn, .bun: return nil
    }
  }

  private static func deno(in folder: Folder) -> Part? {
    guard let file = folder.first("deno.json", "deno.jsonc") else { return nil }
    let hasTask = folder.text(file).flatMap { JSON(parsing: $0) }?["tasks"]?["test"] != nil
    let hasTests = folder.contains { $0.contains("_test.") || $0.contains(".test.") }
    let test = hasTask ? "deno task test" : hasTests ? "deno test" : nil
    return Part(stack: "Deno", test: test.map { TestCommand($0, from: file) }, buildFile: file)
  }
}
