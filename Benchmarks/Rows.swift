/// All that is measured, in the order of the results. A new row is a line here; how it is measured is in the folder `Rows`.
///
/// The budgets are those that the project wants to keep. What takes longest comes last, since nothing new is begun when
/// the ten minutes are nearly over.
func allRows(_ size: Size) -> [Row] {
  [
    .startUp("status", wanted: "≤ 6 ×"),
    .startUp("status --porcelain", wanted: "≤ 8 ×", as: "completion calls it"),
    .startUp("log", wanted: "≤ 8 ×"),
    .startUp("config --list", wanted: "≤ 8 ×"),
    .startUp("config run.jobs", wanted: "≤ 8 ×"),
    .startUp("run -h", wanted: "≤ 8 ×"),
    .startUp("generate -h", wanted: "≤ 8 ×"),
    .startUp("doctor", wanted: "≤ 15 ×"),
    .startUp("run -n", wanted: "≤ 15 ×"),

    .installedSize(wanted: "≤ 40 MB"),

    .status(.oldRuns(size(full: 1000, smoke: 10)), wanted: "≤ 50 ms"),
    .status(.journal(entries: size(full: 100_000, smoke: 1000)), wanted: "≤ 200 ms"),
    .status(.references(size(full: 50_000, smoke: 500)), wanted: "≤ 1.1 ×"),

    .fingerprints(
      branches: size(full: 10_000, smoke: 50), files: size(full: 50_000, smoke: 500), wanted: "≤ 1.0 ×"),
    .worktree(files: size(full: 50_000, smoke: 500), wanted: "≤ 1.0 ×"),
    .handedOnWorktree(files: size(full: 50_000, smoke: 500), wanted: "≤ 0.1 ×"),

    .conflicts(
      branches: size(full: 50, smoke: 5), files: size(full: 50_000, smoke: 500), home: size(full: 5_000, smoke: 100),
      wanted: "< 0.3 s, then < 50 ms"),
    .conflicts(
      branches: size(full: 50, smoke: 5), files: size(full: 50_000, smoke: 500), home: size(full: 1_000, smoke: 50),
      wanted: "< 0.3 s, then < 50 ms"),

    .stream(megabytes: size(full: 100, smoke: 1), seconds: 15, wanted: "≤ 0.5 ×"),
    .stream(megabytes: size(full: 1024, smoke: 4), seconds: 20, wanted: "≤ 0.5 ×, memory as above"),
    .longLine(megabytes: size(full: 100, smoke: 20), wanted: "≤ 0.5 ×, memory as above"),

    .tasks(size(full: 20, smoke: 3), jobs: 4, seconds: 12, wanted: "≤ 1.0 ×"),
    .tasks(size(full: 100, smoke: 4), jobs: 4, seconds: 30, wanted: "≤ 1.0 ×, < 100 MB"),
    .tasks(
      size(full: 20, smoke: 3), jobs: 4, branches: size(full: 10_000, smoke: 50), seconds: 15,
      wanted: "≤ 1.1 ×, < 100 MB"),
    .pythonTool(size(full: 20, smoke: 3), seconds: 10),
    .pythonTool(size(full: 100, smoke: 4), seconds: 15),
    .idleAgents(size(full: 1000, smoke: 5), seconds: size(full: 20, smoke: 1), wanted: "< 100 MB, < 1 % of a core"),
    .manyTasks(size(full: 1000, smoke: 8), jobs: size(full: 16, smoke: 4), wanted: "≤ 1.1 ×, < 100 MB"),
    .manyTasks(size(full: 1000, smoke: 8), jobs: size(full: 50, smoke: 5), wanted: "≤ 1.1 ×, < 100 MB"),
  ]
}
