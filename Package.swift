// swift-tools-version: 6.2
// The rooms from the bottom to the top. A room imports only rooms of layers below its own: `make check` holds to it, and
// draws the picture in CONTRIBUTING.md from this file.
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

/// Each layer's rooms, alphabetically, with what they import.
let layers: [[(room: String, imports: [Target.Dependency])]] = [
  // Tools that know nothing of this program.
  [
    ("Basics", [systemPackage])
  ],
  [
    ("HTTP", ["Basics"]),
    ("Markdown", ["Basics", "CCMarkGFM"]),
    ("TerminalUI", ["Basics"]),
    ("YAMLDocuments", ["Basics", "CLibyaml"]),
  ],
  [
    ("HTTPClient", ["Basics", "CCurl", "HTTP"]),
    ("Trace", ["Basics", "HTTP", logging, systemPackage]),
  ],
  [
    ("Processes", ["Basics", "Trace", systemPackage])
  ],
  // What the program deals with; these know nothing of each other.
  [
    ("Agents", ["Basics", "Processes", systemPackage]),
    ("Discovery", ["Basics", systemPackage]),
    ("Forges", ["Basics", "HTTP", "Processes", "Trace", "YAMLDocuments", systemPackage]),
    ("Git", ["Basics", "CLibgit2", "Processes", systemPackage]),
    ("Journal", ["Basics", "Processes", "Trace", systemPackage]),
    ("Plans", ["Basics", "YAMLDocuments", systemPackage]),
    ("Settings", ["Basics", "Processes", "YAMLDocuments", systemPackage]),
  ],
  [
    ("Bitbucket", ["Basics", "Forges", "HTTP"]),
    ("ClaudeCode", ["Agents", "Basics", "Processes", systemPackage]),
    ("Codex", ["Agents", "Basics", "Processes", systemPackage]),
    ("GitHub", ["Basics", "Forges", "HTTP", "Processes", systemPackage]),
    ("Guarding", ["Agents", "Basics", "Git", "Journal", "Processes", systemPackage]),
    ("Launchers", ["Agents", "Basics", "Git", "Processes", "Settings", "Trace", systemPackage]),
    ("MCPServers", ["Agents", "Basics", "Settings", systemPackage]),
    ("Merging", ["Basics", "Git", "Processes", systemPackage]),
    ("Remotes", ["Basics", "Git", "Processes", systemPackage]),
    ("TodoLists", ["Basics", "Markdown", "Plans", systemPackage]),
    ("Worktrees", ["Basics", "CLibgit2", "Git", "Processes", systemPackage]),
  ],
  // An agent that is held to the rules of another; what of a run leaves the machine besides its branches.
  [
    ("ACP", ["Agents", "Basics", "ClaudeCode", "Processes", systemPackage]),
    ("Ledger", ["Basics", "Git", "Guarding", "Journal", "Processes", "Remotes", "Settings", systemPackage]),
  ],
  // What the verbs of the program share.
  [
    (
      "Engine",
      [
        "Agents", "Basics", "Bitbucket", "Discovery", "Forges", "Git", "GitHub", "Guarding", "HTTP", "Journal",
        "Launchers", "Ledger",
        "MCPServers", "Plans", "Processes", "Remotes", "Settings", "TodoLists", systemPackage,
      ]
    ),
    ("KnownAgents", ["ACP", "Agents", "Basics", "ClaudeCode", "Codex", "Processes", "Settings", systemPackage]),
    ("PlanGeneration", ["Basics", "HTTP", "Journal", "Plans", "TodoLists", "Trace", systemPackage]),
  ],
  [
    (
      "Attempts",
      [
        "Agents", "Basics", "Engine", "Forges", "Git", "Guarding", "Journal", "Launchers", "Processes", "Settings",
        "Trace", "Worktrees", systemPackage,
      ]
    ),
    ("Candidates", ["Basics", "Engine", "Git", "Journal"]),
    (
      "Conflicts",
      [
        "Agents", "Basics", "Engine", "Git", "Journal", "Merging", "Processes", "Settings", "TerminalUI", "Trace",
        systemPackage,
      ]
    ),
    (
      "ForgeMerges",
      [
        "Basics", "Engine", "Forges", "Git", "Journal", "Processes", "Remotes", "Settings", systemPackage,
      ]
    ),
    ("Leftovers", ["Basics", "Engine", "Git", "Journal", "Processes", "Settings", "Worktrees", systemPackage]),
    (
      "Planning",
      [
        "Agents", "Basics", "Engine", "Git", "HTTP", "Journal", "KnownAgents", "PlanGeneration", "Plans", "Processes",
        "Remotes", "Settings", "TodoLists", systemPackage,
      ]
    ),
    (
      "Preflight",
      [
        "Agents", "Basics", "Engine", "Forges", "Git", "Launchers", "MCPServers", "Plans", "Processes", "Remotes",
        "Settings", systemPackage,
      ]
    ),
    ("RunViews", ["Agents", "Basics", "Journal", "Processes", "TerminalUI", systemPackage]),
    ("Trains", ["Basics", "Engine", "Git", "Journal", "Merging", "Settings", systemPackage]),
  ],
  // What must hold before a run begins or goes on; and what landings and merges by others both do to the branches that
  // are left.
  [
    (
      "Preparing",
      [
        "Agents", "Attempts", "Basics", "Engine", "Forges", "Git", "Guarding", "HTTP", "Journal", "Ledger",
        "MCPServers", "Plans",
        "Preflight", "Processes", "Remotes", "Settings", "Worktrees", systemPackage,
      ]
    ),
    (
      "Restacking",
      [
        "Basics", "Engine", "ForgeMerges", "Forges", "Git", "HTTP", "Journal", "Merging", "Processes", "Remotes",
        "Trains", systemPackage,
      ]
    ),
  ],
  // A room a verb, and what they show.
  [
    (
      "Diagnosis",
      [
        "Agents", "Basics", "Engine", "Forges", "Git", "HTTP", "Journal", "KnownAgents", "Leftovers", "MCPServers",
        "Plans", "Preflight", "Processes", "Remotes", "Settings", systemPackage,
      ]
    ),
    (
      "Landing",
      [
        "Agents", "Attempts", "Basics", "Engine", "ForgeMerges", "Forges", "Git", "Guarding", "HTTP", "Journal",
        "Launchers", "Merging", "Plans", "Processes", "Remotes", "Restacking", "Settings", "Trains", "Worktrees",
        systemPackage,
      ]
    ),
    ("Reports", ["Basics", "Journal", "TerminalUI", systemPackage]),
    (
      "Reviews",
      [
        "Agents", "Attempts", "Basics", "Engine", "ForgeMerges", "Forges", "Git", "Guarding", "HTTP", "Journal",
        "Launchers", "Markdown", "MCPServers", "Merging", "Processes", "Remotes", "Settings", "Worktrees",
        systemPackage,
      ]
    ),
    (
      "Runs",
      [
        "Agents", "Attempts", "Basics", "Candidates", "Conflicts", "Discovery", "Engine", "Forges", "Git", "Guarding",
        "HTTP", "Journal", "Launchers", "Markdown", "MCPServers", "Planning", "Plans", "Preflight",
        "Preparing", "Processes", "Remotes", "Settings", "Worktrees", systemPackage,
      ]
    ),
    (
      "Screens",
      [
        "Agents", "Basics", "Conflicts", "Engine", "Git", "Journal", "Processes", "RunViews", "TerminalUI",
        systemPackage,
      ]
    ),
    (
      "Upkeep",
      [
        "Attempts", "Basics", "Engine", "Forges", "Git", "HTTP", "Journal", "Ledger", "Leftovers", "Merging",
        "Processes", "Remotes", "Settings", "Worktrees", systemPackage,
      ]
    ),
  ],
  // What takes several verbs.
  [
    (
      "WholeWay",
      [
        "Agents", "Basics", "Engine", "Git", "HTTP", "Journal", "Landing", "Plans", "Preparing", "Processes", "Reviews",
        "Runs", "Settings", systemPackage,
      ]
    )
  ],
  // What the commands share: options, exit codes, signals, documents, views.
  [
    (
      "CommandSupport",
      [
        "Agents", "Basics", "Engine", "Git", "HTTP", "HTTPClient", "Journal", "KnownAgents", "Processes", "RunViews",
        "Screens", "Settings", "TerminalUI", argumentParser, systemPackage,
      ]
    )
  ],
  [
    (
      "LandingCommands",
      [
        "Basics", "CommandSupport", "Conflicts", "Engine", "Forges", "Git", "HTTPClient", "Journal",
        "Landing", "Merging", "Plans", "Processes", "Restacking", "RunViews", "Settings", "TerminalUI", "Trains",
        "WholeWay",
        argumentParser,
        systemPackage,
      ]
    ),
    (
      "ReportCommands",
      [
        "Agents", "Basics", "CommandSupport", "Engine", "Git", "HTTP", "Journal", "Landing", "Ledger", "Processes",
        "Reports", "Restacking", "RunViews", "Settings", "TerminalUI", argumentParser, systemPackage,
      ]
    ),
    (
      "SetupCommands",
      [
        "Agents", "Basics", "CommandSupport", "Diagnosis", "Discovery", "Engine", "Forges", "Git",
        "HTTPClient", "Journal", "KnownAgents", "MCPServers", "Processes", "RunViews", "Settings", "TerminalUI",
        "YAMLDocuments",
        argumentParser, systemPackage,
      ]
    ),
    (
      "UpkeepCommands",
      [
        "Basics", "CommandSupport", "Engine", "Git", "Journal", "Leftovers", "Processes", "RunViews", "Settings",
        "TerminalUI", "Upkeep", "Worktrees", argumentParser, systemPackage,
      ]
    ),
    (
      "WorkCommands",
      [
        "ACP", "Agents", "Basics", "CommandSupport", "Engine", "Forges", "Git", "HTTPClient", "Journal", "KnownAgents",
        "Landing", "PlanGeneration", "Planning", "Plans", "Preflight", "Preparing", "Processes", "Restacking",
        "Reviews",
        "Runs", "RunViews",
        "Screens", "Settings", "TerminalUI", "TodoLists", "WholeWay", argumentParser, systemPackage,
      ]
    ),
  ],
]

// System libraries, so that their distributions keep them safe and the program stays small.
var targets: [Target] = [
  // HTTP for the Messages API and for Bitbucket, by a client that knows everybody's proxies and certificates. Opened when
  // it is first needed, hence no pkgConfig, which would link it. Not URLSession: it is libcurl as well, and all of
  // Foundation, and with it 30 MB of ICU's data in the program.
  .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
  // task_config.yaml, settings files and gh's hosts.yml, with the line and column of every value for messages. Not Yams:
  // it brings all of Foundation.
  .systemLibrary(
    name: "CLibyaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
  // Text that forges take for Markdown, read as they read it: GitHub's own parser. Linked, unlike libcurl, since loading it
  // takes 0.2 ms. Not swift-markdown, which is this parser once more, built in, and a tree that nothing here needs.
  .systemLibrary(
    name: "CCMarkGFM", pkgConfig: "libcmark-gfm",
    providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"]), .brew(["cmark-gfm"])]),
  // C calls that Swift cannot make, or not on every system.
  .target(name: "CPlatform"),
  // The system's C library and CPlatform; every room may import it.
  .target(name: "Platform", dependencies: ["CPlatform"]),
]
// Reading, branches, merges and worktrees without a process for each question.
#if os(Linux)
  // Loaded when it is first used: see forwarders.c.
  targets.append(.target(name: "CLibgit2", linkerSettings: [.linkedLibrary("dl")]))
#else
  targets.append(
    .systemLibrary(
      name: "CLibgit2", path: "Sources/CLibgit2/include", pkgConfig: "libgit2", providers: [.brew(["libgit2"])]))
#endif
targets += layers.joined().map { .target(name: $0.room, dependencies: $0.imports) }
targets += [
  .target(name: "OrchTestSupport", dependencies: ["Basics", flyingFox, flyingSocks, subprocess, systemPackage]),

  // `make bench`; not installed.
  .executableTarget(
    name: "bench",
    dependencies: [
      "Agents", "Basics", "ClaudeCode", "Git", "Guarding", "Journal", "Merging", "Processes", "Worktrees",
      systemPackage,
    ],
    path: "Benchmarks",
    exclude: ["RESULTS.md"]),
  // `make fuzz`; not installed.
  .executableTarget(
    name: "fuzz",
    dependencies: [
      "ACP", "Agents", "Attempts", "Basics", "Bitbucket", "ClaudeCode", "Codex", "CommandSupport", "Engine", "Forges",
      "Git",
      "GitHub", "HTTP", "Journal", "Ledger", "OrchTestSupport", "Plans", "Processes", "Reports", "Reviews",
      "RunViews", "Screens", "Settings", "TerminalUI", "TodoLists", systemPackage,
    ], path: "Tests/Fuzz"),
  .executableTarget(
    name: "git-orch",
    dependencies: [
      "CommandSupport", "LandingCommands", "ReportCommands", "SetupCommands", "UpkeepCommands", "WorkCommands",
    ]),
  .executableTarget(name: "scripted-agent"),
  // `make soak`; not installed.
  .executableTarget(
    name: "soak", dependencies: ["Basics", "OrchTestSupport", "Processes", systemPackage],
    path: "Tests/Soak"),
  .executableTarget(name: "settings-table", dependencies: ["Settings"]),
  // Tests only: `gh api`, as git-orch calls it, without what a start of `gh` takes.
  .executableTarget(name: "stand-in-gh"),

  .testTarget(
    name: "AgentsTests",
    dependencies: [
      "ACP", "Agents", "Basics", "ClaudeCode", "Codex", "KnownAgents", "OrchTestSupport", "Processes", "Settings",
      "scripted-agent",
    ],
    resources: [.copy("Samples")]),
  .testTarget(name: "BasicsTests", dependencies: ["Basics", "OrchTestSupport", systemPackage]),
  .testTarget(name: "CandidatesTests", dependencies: ["Candidates", "Engine", "Journal"]),
  .testTarget(
    name: "CommandSupportTests",
    dependencies: [
      "Basics", "CommandSupport", "Journal", "OrchTestSupport", "Processes", "RunViews", "Screens", "Settings",
      "TerminalUI", "git-orch", systemPackage,
    ],
    exclude: ["Snapshots"]),
  .testTarget(
    name: "CommandTests",
    dependencies: [
      "Basics", "CommandSupport", "Journal", "OrchTestSupport", "Processes", "TerminalUI", "Upkeep", "git-orch",
      "scripted-agent", "stand-in-gh", subprocess, systemPackage,
    ], exclude: ["Agents", "KillPoints/Snapshots"]),
  .testTarget(
    name: "ConflictsTests",
    dependencies: [
      "Agents", "Basics", "Conflicts", "Engine", "Git", "Journal", "Merging", "OrchTestSupport", "Processes",
      "Settings",
      "TerminalUI", systemPackage,
    ], exclude: ["Snapshots"]),
  .testTarget(name: "DiscoveryTests", dependencies: ["Discovery", "OrchTestSupport", systemPackage]),
  .testTarget(
    name: "ForgesTests",
    dependencies: [
      "Basics", "Bitbucket", "Forges", "GitHub", "HTTP", "HTTPClient", "OrchTestSupport", "Processes",
      "stand-in-gh", systemPackage,
    ]),
  .testTarget(
    name: "GitTests",
    dependencies: [
      "Basics", "Git", "Guarding", "OrchTestSupport", "Processes", "Remotes", "Worktrees",
    ]),
  .testTarget(name: "HTTPClientTests", dependencies: ["HTTP", "HTTPClient", flyingFox, flyingSocks]),
  .testTarget(
    name: "JournalTests", dependencies: ["Basics", "Journal", "OrchTestSupport", "Processes", systemPackage],
    exclude: ["Golden"]),
  .testTarget(
    name: "LedgerTests",
    dependencies: [
      "Basics", "Git", "Journal", "Ledger", "OrchTestSupport", "Processes", "Settings", systemPackage,
    ]),
  .testTarget(
    name: "LaunchersTests",
    dependencies: ["Agents", "Basics", "Launchers", "OrchTestSupport", "Processes", systemPackage]),
  .testTarget(name: "MarkdownTests", dependencies: ["CCMarkGFM", "Markdown"]),
  .testTarget(name: "MCPServersTests", dependencies: ["MCPServers", "OrchTestSupport", "Settings", systemPackage]),
  .testTarget(
    name: "MergingTests", dependencies: ["Basics", "Git", "Merging", "OrchTestSupport", "Processes", systemPackage]),
  .testTarget(
    name: "PlansTests",
    dependencies: [
      "Basics", "HTTP", "Journal", "OrchTestSupport", "PlanGeneration", "Plans", "TodoLists", systemPackage,
    ],
    exclude: ["Corpus"]),
  .testTarget(
    name: "ProcessesTests", dependencies: ["Basics", "OrchTestSupport", "Processes", "Trace", systemPackage],
    exclude: ["Snapshots"]),
  .testTarget(
    name: "RealClientTests",
    dependencies: [
      "Agents", "Basics", "ClaudeCode", "OrchTestSupport", "Processes", "git-orch", flyingSocks, subprocess,
      systemPackage,
    ]),
  .testTarget(
    name: "ReportsTests",
    dependencies: ["Basics", "Journal", "OrchTestSupport", "Processes", "Reports", "TerminalUI", systemPackage],
    exclude: ["Snapshots"]),
  .testTarget(
    name: "RunsTests",
    dependencies: [
      "Agents", "Attempts", "Basics", "ClaudeCode", "Diagnosis", "Engine", "Forges", "Git", "Guarding", "Journal",
      "KnownAgents",
      "OrchTestSupport", "PlanGeneration", "Plans", "Preflight", "Preparing", "Processes", "Reviews", "Runs",
      "Settings",
      "scripted-agent", systemPackage,
    ]),
  .testTarget(
    name: "SettingsTests",
    dependencies: ["Basics", "OrchTestSupport", "Processes", "Settings", "YAMLDocuments", systemPackage]),
  .testTarget(name: "TerminalUITests", dependencies: ["Basics", "TerminalUI"]),
  .testTarget(name: "TrainsTests", dependencies: ["Git", "OrchTestSupport", "Trains"]),
  .testTarget(
    name: "UpkeepTests",
    dependencies: [
      "Basics", "Engine", "Git", "Journal", "Leftovers", "OrchTestSupport", "Processes", "Settings", "Upkeep",
      "Worktrees", systemPackage,
    ]),
  .testTarget(name: "YAMLDocumentsTests", dependencies: ["YAMLDocuments"]),
]

for target in targets where target.type != .system && !["CLibgit2", "CPlatform"].contains(target.name) {
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
    // Tests only: the servers that stand in for the Messages API and for forges.
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    // The lines of GIT_ORCH_TRACE.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    // Tests only: starting programs. What is shipped starts its own through Processes, which knows sessions, marks and
    // trees of processes.
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: targets
)
