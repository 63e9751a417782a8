import Basics
import Journal
import Platform
import Processes
import Screens
import Synchronization
import SystemPackage
import TerminalUI

// What the user does, and what becomes of it.
extension LiveScreen {
  func press(_ key: Key) {
    let size = live.terminal.size()
    let (action, act) = state.withLock { state -> (LiveControls.Action?, @Sendable (LiveControls.Action) -> Void) in
      guard let frame = frame(&state) else {
        // Nothing is shown yet that could be chosen.
        return (nil, state.setting.act)
      }
      var scene = frame.scene
      scene.logRows = LogPage.rows(size)
      if let (task, _) = state.model.controls.log { scene.logLines = readLog(of: task, &state, size).count }
      if case .conflicts = state.model.controls.mode {
        scene.logRows = ConflictPage.rows(size)
        scene.logLines = ConflictPage.text(state.conflicts, width: size.columns, palette: .plain).count
      }
      let wasOpen = state.model.controls.isComparing
      defer { if !wasOpen, state.model.controls.isComparing { conflictsWanted.send() } }
      return (state.model.controls.press(key, in: scene), state.setting.act)
    }
    if let action { perform(action, act) }
    wakeup.send()
  }

  /// Shows the task's pull request, or its worktree, and says where that is: on another machine nobody sees a browser.
  private func open(_ task: String) {
    let (state, environment) = state.withLock { ($0.model.state?[task: task], $0.setting.environment) }
    let url = state?.pullRequest?.url ?? ""
    let isWeb = url.hasPrefix("https://") || url.hasPrefix("http://")
    guard let target = isWeb ? url : state?.worktree?.path else {
      return narrate("'\(task)' has no pull request and no worktree")
    }
    narrate("opening \(target)")
    Task { [self] in
      if await !Browser.show(target, environment: environment, directory: "/") {
        narrate("no browser could be started; set BROWSER to one")
      }
    }
  }

  private func perform(_ action: LiveControls.Action, _ act: @Sendable (LiveControls.Action) -> Void) {
    let (folder, run, isPerforming) = state.withLock {
      ($0.folder, $0.model.state, $0.setting.abilities.isPerforming)
    }
    func ask(_ kind: ControlRequest.Kind, _ task: String, otherwise: String) {
      guard let folder, let run else { return }
      do throws(JournalError) {
        let name = isPerforming ? "the screen of the run" : "git orch status --watch"
        try folder.send(ControlRequest(kind, of: run, tasks: [task], by: .ourselves(name)))
      } catch {
        narrate("'\(task)' \(otherwise): \(error)")
      }
    }
    switch action {
    case .stop(let task): ask(.stop, task, otherwise: "cannot be stopped")
    case .retry(let task): ask(.retry, task, otherwise: "cannot be tried again now")
    case .quit: kill(getpid(), SIGINT)
    case .detach:
      writeEvents(all: true)
      live.finish()
      act(action)
    case .leave: act(action)
    case .open(let task): open(task)
    }
  }
}
