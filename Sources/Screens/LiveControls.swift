package import TerminalUI

/// What the user has chosen to see, and what a key does to that: a state machine without a terminal.
package struct LiveControls: Sendable, Equatable {
  package enum Question: Sendable, Equatable {
    case stop(task: String)
    case quit
  }

  package enum Mode: Sendable, Equatable {
    case table
    case help
    case filtering
    case asking(Question)
    /// The log of a task; `first` is the first line that is shown, nil while the end is followed.
    case log(task: String, first: Int?)
    /// Its filter is being typed.
    case finding(task: String)
    /// Which branches conflict, from that line on.
    case conflicts(first: Int)
  }

  /// What is to be done about a key, besides drawing.
  package enum Action: Sendable, Equatable {
    case stop(task: String)
    /// To begin its next attempt now.
    case retry(task: String)
    case quit
    case detach
    /// To show its pull request in a browser, or its worktree.
    case open(task: String)
    /// To leave a view of a run that another process performs.
    case leave
  }

  /// What keys can do here.
  package struct Abilities: Sendable, Equatable {
    package var canStop = true
    package var canDetach = false
    /// Whether this process performs the run, so that to quit is to stop it.
    package var isPerforming = true
    package var hasKeyboard = true
    /// Whether branches can be compared here.
    package var canCompare = true

    package init(
      canStop: Bool = true, canDetach: Bool = false, isPerforming: Bool = true, hasKeyboard: Bool = true,
      canCompare: Bool = true
    ) {
      self.canCompare = canCompare
      self.canStop = canStop
      self.canDetach = canDetach
      self.isPerforming = isPerforming
      self.hasKeyboard = hasKeyboard
    }
  }

  /// What the screen has to be moved over.
  package struct Scene: Sendable {
    /// The tasks that match the filter, in the order of the plan.
    package var tasks: [String]
    /// Those that have not ended.
    package var open: Set<String>
    /// Those that wait for their next attempt.
    package var retryable: Set<String> = []
    /// Of the log or the page that is shown: how many lines it has, and how many of them fit.
    package var logLines = 0
    package var logRows = 1
    package var abilities = Abilities()

    package init(
      tasks: [String], open: Set<String>, retryable: Set<String> = [], logLines: Int = 0, logRows: Int = 1,
      abilities: Abilities = Abilities()
    ) {
      self.retryable = retryable
      self.tasks = tasks
      self.open = open
      self.logLines = logLines
      self.logRows = logRows
      self.abilities = abilities
    }
  }

  package var mode = Mode.table
  package var filter = ""
  /// Which lines of a log are shown.
  package var find = ""
  /// Whether logs show what agents thought, too.
  package var showsThinking = false
  /// Whether only what is under way is shown.
  package var showsWorkOnly = false
  /// The task that was chosen; nil until one was.
  package var chosen: String?

  package init() {}

  /// Whether it is shown which branches conflict.
  package var isComparing: Bool { if case .conflicts = mode { true } else { false } }

  /// The log that is shown, and from which line; nil of the table.
  package var log: (task: String, first: Int?)? {
    switch mode {
    case .log(let task, let first): (task, first)
    case .finding(let task): (task, nil)
    default: nil
    }
  }

  /// The task that is selected: the one that was chosen, else the first that is under way.
  package func selection(in scene: Scene) -> String? {
    if let chosen, scene.tasks.contains(chosen) { return chosen }
    return scene.tasks.first { scene.open.contains($0) } ?? scene.tasks.first
  }

  package mutating func press(_ key: Key, in scene: Scene) -> Action? {
    switch mode {
    case .table: return pressInTable(key, scene)
    case .help: mode = .table
    case .filtering: pressInFilter(key)
    case .asking(let question): return answer(key, question)
    case .log(let task, let first): pressInLog(key, task, first, scene)
    case .finding(let task): pressInFind(key, task)
    case .conflicts(let first): pressInConflicts(key, first, scene)
    }
    return nil
  }

  private mutating func pressInTable(_ key: Key, _ scene: Scene) -> Action? {
    let selected = selection(in: scene)
    switch key {
    case .up, .character("k"): move(by: -1, scene)
    case .down, .character("j"): move(by: 1, scene)
    case .pageUp: move(by: -10, scene)
    case .pageDown: move(by: 10, scene)
    case .home, .character("g"): chosen = scene.tasks.first ?? chosen
    case .end, .character("G"): chosen = scene.tasks.last ?? chosen
    case .enter, .character("l"):
      guard let selected else { break }
      chosen = selected
      (mode, find) = (.log(task: selected, first: nil), "")
    case .character("o"):
      if let selected { return .open(task: selected) }
    case .character("s"):
      guard let selected, scene.abilities.canStop, scene.open.contains(selected) else { break }
      chosen = selected
      mode = .asking(.stop(task: selected))
    case .character("r"):
      if let selected, scene.retryable.contains(selected) { return .retry(task: selected) }
    case .character("c"): if scene.abilities.canCompare { mode = .conflicts(first: 0) }
    case .character("t"): showsWorkOnly.toggle()
    case .character("d"): if scene.abilities.canDetach { return .detach }
    case .character("/"): mode = .filtering
    case .character("?"): mode = .help
    case .character("q"):
      guard scene.abilities.isPerforming else { return .leave }
      mode = .asking(.quit)
    case .escape: (filter, showsWorkOnly) = ("", false)
    case .character, .backspace, .other: break
    }
    return nil
  }

  private mutating func pressInConflicts(_ key: Key, _ first: Int, _ scene: Scene) {
    let last = max(0, scene.logLines - scene.logRows)
    func go(_ line: Int) { mode = .conflicts(first: min(last, max(0, line))) }
    switch key {
    case .escape, .enter, .character("q"), .character("c"): mode = .table
    case .up, .character("k"): go(first - 1)
    case .down, .character("j"): go(first + 1)
    case .pageUp: go(first - scene.logRows)
    case .pageDown, .character(" "): go(first + scene.logRows)
    case .home, .character("g"): go(0)
    case .end, .character("G"): go(last)
    case .character, .backspace, .other: break
    }
  }

  private mutating func move(by step: Int, _ scene: Scene) {
    guard !scene.tasks.isEmpty else { return }
    guard let selected = selection(in: scene), let index = scene.tasks.firstIndex(of: selected) else { return }
    chosen = scene.tasks[min(max(0, index + step), scene.tasks.count - 1)]
  }

  private mutating func pressInFilter(_ key: Key) {
    switch key {
    case .character(let character): if filter.count < 100 { filter.append(character) }
    case .backspace: if filter.isEmpty { mode = .table } else { filter.removeLast() }
    case .enter, .up, .down: mode = .table
    case .escape: (filter, mode) = ("", .table)
    case .pageUp, .pageDown, .home, .end, .other: break
    }
  }

  private mutating func pressInFind(_ key: Key, _ task: String) {
    switch key {
    case .character(let character): if find.count < 100 { find.append(character) }
    case .backspace: if find.isEmpty { mode = .log(task: task, first: nil) } else { find.removeLast() }
    case .enter, .up, .down: mode = .log(task: task, first: nil)
    case .escape: (find, mode) = ("", .log(task: task, first: nil))
    case .pageUp, .pageDown, .home, .end, .other: break
    }
  }

  private mutating func answer(_ key: Key, _ question: Question) -> Action? {
    switch key {
    case .character("y"), .character("Y"):
      mode = .table
      return switch question {
      case .stop(let task): .stop(task: task)
      case .quit: .quit
      }
    case .character("n"), .character("N"), .escape, .character("q"): mode = .table
    default: break
    }
    return nil
  }

  private mutating func pressInLog(_ key: Key, _ task: String, _ first: Int?, _ scene: Scene) {
    let last = max(0, scene.logLines - scene.logRows)
    let now = min(first ?? last, last)
    /// Whoever scrolls to the end follows again.
    func go(_ line: Int) { mode = .log(task: task, first: line >= last ? nil : max(0, line)) }
    switch key {
    case .escape where !find.isEmpty: (find, mode) = ("", .log(task: task, first: nil))
    case .escape, .character("q"), .enter, .character("l"): mode = .table
    case .character("/"): mode = .finding(task: task)
    case .character("t"):
      showsThinking.toggle()
      mode = .log(task: task, first: nil)
    case .character("s"):
      guard scene.abilities.canStop, scene.open.contains(task) else { break }
      (chosen, mode) = (task, .asking(.stop(task: task)))
    case .up, .character("k"): go(now == last && first == nil ? last - 1 : now - 1)
    case .down, .character("j"): go(now + 1)
    case .pageUp: go(now - scene.logRows)
    case .pageDown, .character(" "): go(now + scene.logRows)
    case .home, .character("g"): go(0)
    case .end, .character("G"), .character("f"): mode = .log(task: task, first: nil)
    case .character, .backspace, .other: break
    }
  }
}
