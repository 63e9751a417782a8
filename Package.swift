// swift-tools-version: 6.2
// The rooms from the bottom to the top. A room imports only rooms of layers below its own: `make check` holds to it, and
// draws the picture in CONTRIBUTING.md from this file.
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// Each layer's rooms, alphabetically, with what they import.
let layers: [[(room: String, imports: [Target.Dependency])]] = [
  // Tools that know nothing of this program.
  [
    ("Basics", [systemPackage]),
    ("YAMLDocuments", [yams]),
  ],
  [
    ("HTTP", ["Basics"]),
    ("Processes", ["Basics", subprocess, systemPackage]),
    ("TerminalUI", ["Basics"]),
  ],
  // What the program deals with; these know nothing of each other.
  [
    ("Agents", ["Basics", "Processes", systemPackage]),
    ("Discovery", ["Basics", systemPackage]),
    ("Forges", ["Basics", "HTTP", "Processes", systemPackage, yams]),
    ("Git", ["Basics", "CLibgit2", "Processes", systemPackage]),
    ("HTTPClient", ["HTTP"]),
    ("Journal", ["Basics", "Processes", systemPackage]),
    ("Plans", ["Basics", "YAMLDocuments", systemPackage, yams]),
    ("Settings", ["Basics", "Processes", "YAMLDocuments", subprocess, systemPackage, yams]),
  ],
  [
    ("MCPServers", ["Agents", "Basics", "Settings", systemPackage]),
    ("PlanGeneration", ["Basics", "HTTP", "Plans", systemPackage]),
  ],
  // What the verbs of the program share.
  [
    (
      "Engine",
      [
        "Agents", "Basics", "Forges", "Git", "HTTP", "Journal", "MCPServers", "Plans", "Processes", "Settings",
        subprocess, systemPackage,
      ]
    )
  ],
  // A room a verb.
  [
    (
      "Diagnosis",
      [
        "Agents", "Basics", "Engine", "Forges", "Git", "Journal", "MCPServers", "Plans", "Processes", "Settings",
        systemPackage,
      ]
    ),
    (
      "Reviews",
      ["Agents", "Basics", "Engine", "Forges", "Git", "Journal", "MCPServers", "Processes", "Settings", systemPackage]
    ),
    (
      "Runs",
      [
        "Agents", "Basics", "Engine", "Forges", "Git", "Journal", "MCPServers", "PlanGeneration", "Plans", "Processes",
        "Settings", systemPackage,
      ]
    ),
  ],
  // What the commands share: options, exit codes, signals, documents, views.
  [
    (
      "CommandSupport",
      [
        "Agents", "Basics", "Engine", "Git", "HTTPClient", "Journal", "Processes", "Settings", "TerminalUI",
        argumentParser,
        systemPackage,
      ]
    )
  ],
  [
    (
      "ReportCommands",
      [
        "Agents", "Basics", "CommandSupport", "Git", "Journal", "Processes", "TerminalUI", argumentParser,
        systemPackage,
      ]
    ),
    (
      "SetupCommands",
      [
        "Agents", "Basics", "CommandSupport", "Diagnosis", "Discovery", "Engine", "Forges", "Git", "HTTPClient",
        "Journal",
        "MCPServers", "Processes", "Settings", "TerminalUI", argumentParser, systemPackage,
      ]
    ),
    (
      "WorkCommands",
      [
        "Agents", "Basics", "CommandSupport", "Engine", "Forges", "Git", "HTTPClient", "Journal", "PlanGeneration",
        "Plans",
        "Processes", "Reviews", "Runs", "Settings", "TerminalUI", argumentParser, systemPackage,
      ]
    ),
  ],
]

var targets: [Target] = [
  .systemLibrary(
    name: "CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"]), .brew(["libgit2"])]),
  // C calls that Swift cannot make, or not on every system.
  .target(name: "CPlatform"),
  // The system's C library and CPlatform; every room may import it.
  .target(name: "Platform", dependencies: ["CPlatform"]),
]
targets += layers.joined().map { .target(name: $0.room, dependencies: $0.imports) }
targets += [
  .target(name: "OrchTestSupport", dependencies: [flyingFox, flyingSocks, subprocess, systemPackage]),

  .executableTarget(
    name: "git-orch",
    dependencies: ["CommandSupport", "ReportCommands", "SetupCommands", "WorkCommands"]),
  .executableTarget(name: "scripted-agent"),
  .executableTarget(name: "settings-table", dependencies: ["Settings"]),

  .testTarget(
    name: "AgentsTests", dependencies: ["Agents", "Basics", "OrchTestSupport", "Processes", "scripted-agent"],
    resources: [.copy("Samples")]),
  .testTarget(name: "BasicsTests", dependencies: ["Basics", "OrchTestSupport", systemPackage]),
  .testTarget(name: "CommandSupportTests", dependencies: ["CommandSupport", "git-orch"]),
  .testTarget(name: "DiscoveryTests", dependencies: ["Discovery", "OrchTestSupport", systemPackage]),
  .testTarget(
    name: "EndToEndTests",
    dependencies: ["Journal", "OrchTestSupport", "git-orch", "scripted-agent", subprocess, systemPackage]),
  .testTarget(
    name: "ForgesTests",
    dependencies: ["Basics", "Forges", "HTTP", "HTTPClient", "OrchTestSupport", "Processes", systemPackage]),
  .testTarget(name: "GitTests", dependencies: ["Basics", "Git", "OrchTestSupport", "Processes"]),
  .testTarget(name: "JournalTests", dependencies: ["Journal", "OrchTestSupport", "Processes"]),
  .testTarget(name: "MCPServersTests", dependencies: ["MCPServers", "OrchTestSupport", "Settings", systemPackage]),
  .testTarget(
    name: "PlansTests", dependencies: ["Basics", "HTTP", "HTTPClient", "OrchTestSupport", "PlanGeneration", "Plans"]),
  .testTarget(
    name: "RealClientTests",
    dependencies: [
      "Agents", "Basics", "OrchTestSupport", "Processes", "git-orch", flyingSocks, subprocess, systemPackage,
    ]),
  .testTarget(
    name: "RunsTests",
    dependencies: [
      "Agents", "Basics", "Diagnosis", "Engine", "Forges", "Git", "Journal", "OrchTestSupport", "PlanGeneration",
      "Plans", "Processes", "Reviews", "Runs",
      "Settings", "scripted-agent", systemPackage,
    ]),
  .testTarget(
    name: "SettingsTests",
    dependencies: ["Basics", "Processes", "Settings", "YAMLDocuments", subprocess, systemPackage]),
  .testTarget(name: "TerminalUITests", dependencies: ["Basics", "TerminalUI"]),
]

for target in targets where target.type != .system && target.name != "CPlatform" {
  if target.name != "Platform" { target.dependencies.append("Platform") }
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
  products: [.executable(name: "git-orch", targets: ["git-orch"])],
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
