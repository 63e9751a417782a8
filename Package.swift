// swift-tools-version: 6.2
// Lists are alphabetical. Imports between rooms run one way; CONTRIBUTING.md draws the picture.
import PackageDescription

/// The executables: `git orch NAME` runs `git-orch-NAME`. Each is an entry point of a few lines over `OrchCommands` and,
/// where its command has a room apart, over that: what a program links costs time at each start.
let commands: [(name: String, room: String?)] = [
  ("config", "ConfigCommands"),
  ("doctor", "RunCommands"),
  ("generate", "RunCommands"),
  ("init", "RunCommands"),
  ("log", nil),
  ("review", "RunCommands"),
  ("run", "RunCommands"),
  ("status", nil),
  ("yolo", "RunCommands"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

var targets: [Target] = [
  .systemLibrary(
    name: "CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"]), .brew(["libgit2"])]),

  .target(name: "Agents", dependencies: [subprocess, systemPackage]),
  // No Foundation and no ArgumentParser here: `git orch` must not take time of its own.
  .target(name: "CommandDispatch", dependencies: ["OrchVersion", "Spelling"]),
  .target(
    name: "ConfigCommands",
    dependencies: ["Git", "OrchCommands", "Settings", "TerminalUI", argumentParser, systemPackage]),
  .target(name: "Discovery", dependencies: [systemPackage]),
  .target(name: "Forges", dependencies: ["HTTP", "Programs", systemPackage, yams]),
  .target(name: "Git", dependencies: ["CLibgit2", "Programs", systemPackage]),
  .target(name: "HTTP"),
  .target(name: "HTTPClient", dependencies: ["HTTP"]),
  .target(name: "Journal", dependencies: [systemPackage]),
  .target(name: "MCPServers", dependencies: ["Agents", "Settings", "Spelling", systemPackage]),
  .target(
    name: "OrchCommands",
    dependencies: ["Agents", "Git", "Journal", "OrchVersion", "TerminalUI", argumentParser, systemPackage]),
  .target(
    name: "Orchestration",
    dependencies: [
      "Agents", "Forges", "Git", "HTTP", "Journal", "MCPServers", "Planning", "Settings", subprocess, systemPackage,
    ]
  ),
  .target(name: "OrchTestSupport", dependencies: [flyingFox, flyingSocks, subprocess, systemPackage]),
  .target(name: "OrchVersion"),
  .target(name: "Planning", dependencies: ["HTTP", "Settings", systemPackage, yams]),
  .target(name: "Programs", dependencies: [subprocess, systemPackage]),
  .target(
    name: "RunCommands",
    dependencies: [
      "Agents", "Discovery", "Forges", "Git", "HTTPClient", "Journal", "MCPServers", "OrchCommands", "OrchVersion",
      "Orchestration", "Planning", "Settings", "TerminalUI", argumentParser, systemPackage,
    ]),
  .target(name: "Settings", dependencies: ["Spelling", subprocess, systemPackage, yams]),
  .target(name: "Spelling"),
  .target(name: "TerminalUI"),

  // `make bench`; not installed.
  .executableTarget(
    name: "bench", dependencies: ["Agents", "Git", "Journal", systemPackage], path: "Benchmarks",
    exclude: ["RESULTS.md"]),
  .executableTarget(name: "git-orch", dependencies: ["CommandDispatch"]),
  .executableTarget(name: "scripted-agent"),
  .executableTarget(name: "settings-table", dependencies: ["Settings"]),

  .testTarget(
    name: "AgentsTests", dependencies: ["Agents", "OrchTestSupport", "scripted-agent"], resources: [.copy("Samples")]),
  .testTarget(name: "CommandDispatchTests", dependencies: ["CommandDispatch"]),
  .testTarget(name: "DiscoveryTests", dependencies: ["Discovery", "OrchTestSupport", systemPackage]),
  .testTarget(
    name: "EndToEndTests",
    dependencies: ["Journal", "OrchTestSupport", "git-orch", "scripted-agent", subprocess, systemPackage]
      + commands.map { .target(name: "git-orch-\($0.name)") }),
  .testTarget(
    name: "ForgesTests", dependencies: ["Forges", "HTTP", "HTTPClient", "OrchTestSupport", "Programs", systemPackage]),
  .testTarget(name: "GitTests", dependencies: ["Git", "OrchTestSupport"]),
  .testTarget(name: "JournalTests", dependencies: ["Journal", "OrchTestSupport"]),
  .testTarget(
    name: "OrchestrationTests",
    dependencies: [
      "Agents", "Forges", "Git", "Journal", "OrchTestSupport", "Orchestration", "Settings", "scripted-agent",
      systemPackage,
    ]),
  .testTarget(name: "MCPServersTests", dependencies: ["MCPServers", "OrchTestSupport", "Settings", systemPackage]),
  .testTarget(name: "PlanningTests", dependencies: ["HTTP", "HTTPClient", "OrchTestSupport", "Planning"]),
  .testTarget(
    name: "RealClientTests",
    dependencies: [
      "Agents", "OrchTestSupport", "git-orch", "git-orch-generate", "git-orch-log", "git-orch-run", "git-orch-status",
      flyingSocks,
      subprocess, systemPackage,
    ]),
  .testTarget(name: "SettingsTests", dependencies: ["Settings", "Spelling", subprocess, systemPackage]),
  .testTarget(name: "TerminalUITests", dependencies: ["TerminalUI"]),
]

targets += commands.map { command in
  .executableTarget(
    name: "git-orch-\(command.name)", dependencies: ["OrchCommands"] + (command.room.map { [.target(name: $0)] } ?? []))
}

for target in targets where target.type != .system {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .swiftLanguageMode(.v6),
  ]
}

let package = Package(
  name: "git-orch",
  platforms: [.macOS(.v15)],
  products: (["git-orch"] + commands.map { "git-orch-\($0.name)" }).map { .executable(name: $0, targets: [$0]) },
  dependencies: [
    // Options, help texts and usage errors of every command.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Paths and file descriptors as types instead of strings and integers.
    .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
    // task_config.yaml, with the line and column of every node for error messages; the hosts that gh knows.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // Tests only: the servers that stand in for the Messages API and for forges.
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    // Starting git and agents: spawn, wait and reap without blocking a thread.
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: targets
)
