import Basics

/// Finds out about a project from the files of its repository.
package enum Discovery {
  private static let detectors: [@Sendable (Folder) -> Part?] = [
    SwiftPackage.part, Rust.part, Go.part, JVM.part, DotNet.part, Elixir.part, Python.part, Ruby.part, PHP.part,
    JavaScript.part, CFamily.part,
  ]

  /// Where what looks like a project is somebody else's, or no part of the product.
  private static let notOurs: Set<String> = [
    "benchmarks", "demo", "docs", "doc", "example", "examples", "external", "fixtures", "node_modules", "samples",
    "site-packages", "test", "testdata", "tests", "third_party", "thirdparty", "vendor",
  ]

  /// How many projects below a root without tests of its own are tested one after the other.
  private static let mostSubprojects = 4

  /// Looks at a repository. `repositoryName` is used where no build file has a name.
  package static func project(
    in files: ProjectFiles, history: ProjectHistory, repositoryName: String
  ) -> Project {
    let root = Folder(files)
    let parts = detectors.compactMap { $0(root) }
    var found = parts.map { ("", $0) }
    var test = Runners.test(in: root) ?? joined(parts.compactMap(\.test))
    var reason: String?
    if test == nil {
      let below = partsBelow(files)
      found += below
      let tested = below.compactMap { prefix, part in part.test.map { (prefix, $0) } }
      if tested.count <= mostSubprojects { test = joinedBelow(tested) }
      if test == nil, tested.count > 1 {
        let some = tested.prefix(3).map { prefix, test in "\(test.command) in \(prefix.dropLast())" }.joined(
          separator: ", ")
        reason = "\(tested.count) projects, each with its own tests: \(some)\(tested.count > 3 ? ", …" : "")"
      }
    }
    test = test ?? Runners.check(in: root)
    if let command = test?.command, !isPlain(command) || command.count > 500 { test = nil }

    var stacks: [String] = []
    for (_, part) in found where !stacks.contains(part.stack) && stacks.count < 6 { stacks.append(part.stack) }
    let instructions = ".claude/AGENT_INSTRUCTIONS.md"
    return Project(
      name: name(parts) ?? (isPlain(repositoryName) ? repositoryName : "repository"), stacks: stacks,
      testCommand: test, noTestReason: test == nil ? reason : nil, setupCommand: setup(found),
      keyFiles: KeyFiles.find(in: files, buildFiles: found.map { $0.0 + $0.1.buildFile }),
      conventions: Conventions.find(in: root, history: history),
      instructionsFile: files.isReadable(instructions) ? instructions : nil,
      rulesFiles: ["CLAUDE.md", "AGENTS.md"].filter(files.isReadable))
  }

  /// What brings the dependencies into a new worktree, where they are in the tree itself and are not committed.
  private static func setup(_ parts: [(prefix: String, part: Part)]) -> String? {
    let commands = parts.compactMap { prefix, part in
      part.setup.flatMap { prefix.isEmpty ? $0 : commandInFolder($0, String(prefix.dropLast())) }
    }
    guard !commands.isEmpty, commands.count <= mostSubprojects, commands.allSatisfy(isPlain) else { return nil }
    return commands.joined(separator: " && ")
  }

  private static func name(_ parts: [Part]) -> String? {
    parts.lazy.compactMap(\.name).first { name in
      name.count <= 80 && isPlain(name) && name.contains { $0.isLetter } && !name.contains { "${}<>\"'\\".contains($0) }
    }
  }

  private static func joined(_ tests: [TestCommand]) -> TestCommand? {
    guard let first = tests.first else { return nil }
    let sources = tests.map(\.source).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return tests.count == 1
      ? first : TestCommand(tests.map(\.command).joined(separator: " && "), from: sources.joined(separator: ", "))
  }

  /// nil where the tests of several folders cannot be one plain command.
  private static func joinedBelow(_ tests: [(prefix: String, test: TestCommand)]) -> TestCommand? {
    let commands = tests.map { prefix, test in
      let folder = String(prefix.dropLast())
      let command = commandInFolder(test.command, folder)
      return (prefix + test.source, command, "cd \(shellQuoted(path: folder)) && \(test.command)")
    }
    if let (source, command, fallback) = commands.first, commands.count == 1 {
      return TestCommand(command ?? fallback, from: source)
    }
    let plain = commands.compactMap { source, command, _ in command.map { TestCommand($0, from: source) } }
    return plain.count == commands.count ? joined(plain) : nil
  }

  /// The projects one or two folders down, the topmost of each branch.
  private static func partsBelow(_ files: ProjectFiles) -> [(String, Part)] {
    var folders: [String] = []
    for path in files.paths {
      let components = path.split(separator: "/")
      for depth in 1...2 where components.count > depth {
        let names = components[..<depth]
        guard names.allSatisfy({ !$0.hasPrefix(".") && !notOurs.contains($0.lowercased()) }) else { continue }
        let prefix = names.joined(separator: "/") + "/"
        if folders.last != prefix { folders.append(prefix) }
      }
    }
    var result: [(String, Part)] = []
    var taken: Set<String> = []
    // Each look costs a walk over all paths.
    for prefix in Set(folders).sorted().prefix(60) where !taken.contains(where: prefix.hasPrefix) {
      let folder = Folder(files, prefix: prefix)
      let parts = detectors.compactMap { $0(folder) }
      guard !parts.isEmpty else { continue }
      taken.insert(prefix)
      result += parts.map { (prefix, $0) }
    }
    return result
  }
}
