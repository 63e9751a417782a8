import SystemPackage

/// A repository with a plan, a bare remote, and an agent that is a shell script, in a folder of their own.
struct TaskWorld {
  /// What the agents do.
  enum Agent {
    /// Says ten things, commits one file, and is done.
    case quick
    /// Says that it has begun, adds a byte to the file `begun`, and is silent from then on.
    case idle
  }

  let bench: Bench
  let folder: FilePath
  let tasks: Int

  var repository: FilePath { folder.appending("app") }
  var remote: FilePath { folder.appending("origin.git") }
  /// One byte for each idle agent that has begun.
  var begun: FilePath { folder.appending("begun") }
  /// Named as the client is, for tools that look for it on PATH.
  var agent: FilePath { folder.appending("agent/claude") }

  /// - branches: how many branches more there are, here and on the remote.
  init(_ bench: Bench, _ name: String, tasks: Int, branches: Int = 0, agent kind: Agent = .quick) throws {
    self.bench = bench
    self.tasks = tasks
    folder = try bench.scratch.folder(name)
    try bench.git("init", "--quiet", "--bare", remote.string, in: folder)
    try bench.git("init", "--quiet", repository.string, in: folder)
    try Files.write(repository.appending("README.md"), "A project to work on.\n")
    try writePlan()
    try bench.git("add", ".", in: repository)
    try bench.git("commit", "--quiet", "-m", "first", in: repository)
    try bench.git("remote", "add", "origin", remote.string, in: repository)
    try bench.git("push", "--quiet", "-u", "origin", "main", in: repository)
    try bench.git("config", "orchestrator.agent.command", agent.string, in: repository)
    try bench.git("config", "orchestrator.agent.inactivityTimeout", "1h", in: repository)
    try Files.write(agent, agentScript(kind), isExecutable: true)
    try Files.write(folder.appending("run.sh"), Self.script, isExecutable: true)
    guard branches > 0 else { return }
    for place in [repository, remote] { try addReferences("refs/heads/old", branches, in: place) }
  }

  /// One that was made before.
  init(existing name: String, _ bench: Bench, tasks: Int) {
    self.bench = bench
    self.tasks = tasks
    folder = bench.scratch.path.appending(name)
  }

  /// Adds references to the first commit, packed as git packs them in time.
  func addReferences(_ prefix: String, _ count: Int, in place: FilePath) throws {
    let commit = try bench.git("rev-parse", "main", in: repository)
    let list = folder.appending("references.txt")
    var file = try FileWriter(list)
    for number in 1...count { try file.write("create \(prefix)/\(number) \(commit)\n") }
    try file.flush()
    try bench.git("update-ref", "--stdin", in: place, input: list)
    try bench.git("pack-refs", "--all", in: place)
  }

  /// `git orch …` in the repository.
  func orch(
    _ arguments: [String], limits: Command.Limits = Command.Limits(), accepting accepted: Set<Int32> = [0]
  ) -> Command {
    bench.command(["git", "orch"] + arguments, in: repository, limits: limits, accepting: accepted)
  }

  /// `git orch run` of all tasks.
  func run(jobs: Int, limits: Command.Limits) -> Command { orch(["run", "--no-pr", "-j", "\(jobs)"], limits: limits) }

  /// The shell script that does the same.
  func runScript(jobs: Int, limits: Command.Limits) -> Command {
    bench.command(
      [folder.appending("run.sh").string, agent.string, "\(jobs)", "\(tasks)"], in: repository, limits: limits)
  }

  /// Throws unless every task's branch is on the remote.
  func checkRemote() throws {
    let pushed = try bench.git("for-each-ref", "--format=x", "refs/heads/feature", in: remote)
    let count = pushed.split(separator: "\n").count
    guard count == tasks else { throw BenchError.failed("\(count) of \(tasks) branches came to the remote") }
  }

  func remove() throws { try bench.scratch.empty(folder) }

  /// Writes the plan: tasks called `<prefix>-<number>`, each on a branch of its own.
  func writePlan(prefix: String = "task") throws {
    let entries = (1...tasks).map { number in
      """
        - id: \(prefix)-\(number)
          branch: feature/\(prefix)-\(number)
          title: "feat: \(prefix) \(number)"
          description: Add the file of \(prefix) \(number).

      """
    }
    try Files.write(repository.appending("task_config.yaml"), "tasks:\n" + entries.joined())
  }

  /// Takes the client's command line, and starts nothing but what its work is: its own start must not be what is
  /// measured.
  private func agentScript(_ kind: Agent) -> String {
    let work =
      switch kind {
      case .quick: Self.quickWork
      case .idle: "printf x >>'\(begun)'\nexec sleep 900\n"
      }
    return """
      #!/bin/sh
      case "$1 ${2:-}" in
      "--version ") echo "2.1.330 (Claude Code)"; exit ;;
      "auth status") echo '{"loggedIn":true,"authMethod":"none"}'; exit ;;
      esac
      id=40c702b0-6e33-4edb-a5a4-151524704875
      while [ $# -gt 0 ]; do
        case $1 in --session-id | --resume) id=$2 ;; esac
        shift
      done
      printf '{"type":"system","subtype":"init","cwd":"%s","session_id":"%s","tools":["Bash"],"mcp_servers":[],"model":"bench-1","permissionMode":"acceptEdits","apiKeySource":"none","claude_code_version":"2.1.330"}\\n' "$PWD" "$id"
      \(work)
      """
  }

  private static let quickWork = #"""
    for n in 1 2 3 4 5 6 7 8 9 10; do
      printf '{"type":"assistant","message":{"id":"msg_%s","type":"message","role":"assistant","model":"bench-1","content":[{"type":"text","text":"This is event %s of ten."}],"usage":{"input_tokens":100,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"%s"}\n' $n $n "$id"
    done
    echo "$PWD" >"${PWD##*/}.txt"
    git add . && git commit --quiet -m "feat: ${PWD##*/}" || exit 1
    printf '{"type":"result","subtype":"success","is_error":false,"num_turns":10,"result":"Done.","total_cost_usd":0.01,"terminal_reason":"completed","permission_denials":[],"session_id":"%s","usage":{"input_tokens":1000,"output_tokens":10}}\n' "$id"

    """#

  /// The git commands of a run, with nothing around them: no journal, no proof, no limits, no way to continue.
  ///
  /// Upstreams are set in one go at the end, since git's lock of the configuration does not wait.
  private static let script = #"""
    #!/bin/sh
    # run.sh AGENT JOBS TASKS
    set -eu
    if [ "$1" = --task ]; then
      agent=$2 base=$3 task=task-$4
      # git fails when another worktree comes or goes while it reads their records.
      until git worktree add --quiet --no-track -B "feature/$task" "../worktrees/$task" "$base"; do sleep 0.01; done
      (cd "../worktrees/$task" && "$agent" --session-id "$task" </dev/null >"../../logs/$task.ndjson" 2>"../../logs/$task.err")
      git push --quiet origin "feature/$task"
      git ls-remote --quiet --exit-code origin "refs/heads/feature/$task" >/dev/null
      until git worktree remove "../worktrees/$task" || ! [ -e "../worktrees/$task" ]; do sleep 0.01; done
      exit
    fi
    mkdir -p ../worktrees ../logs
    git fetch --quiet origin main
    base=$(git rev-parse origin/main)
    seq "$3" | xargs -P "$2" -n 1 "$0" --task "$1" "$base"
    for n in $(seq "$3"); do
      printf '[branch "feature/task-%s"]\n\tremote = origin\n\tmerge = refs/heads/feature/task-%s\n' "$n" "$n"
    done >>.git/config

    """#
}
