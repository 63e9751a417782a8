import Screens
import TerminalUI
import Testing

/// What keys do, without a terminal.
@Suite(.timeLimit(.minutes(5))) struct LiveControlsTests {
  private let scene = LiveControls.Scene(
    tasks: ["a", "b", "c"], open: ["b", "c"], retryable: ["c"], logLines: 100, logRows: 20,
    abilities: .init(canStop: true, canDetach: true))

  private func press(_ keys: Key..., on controls: inout LiveControls) -> [LiveControls.Action] {
    keys.compactMap { controls.press($0, in: scene) }
  }

  @Test func `the selection moves, and stays within the tasks`() {
    var controls = LiveControls()
    #expect(controls.selection(in: scene) == "b")
    #expect(press(.down, .down, .down, on: &controls) == [])
    #expect(controls.chosen == "c")
    _ = press(.character("k"), .up, .up, .up, on: &controls)
    #expect(controls.chosen == "a")
    _ = press(.end, on: &controls)
    #expect(controls.chosen == "c")
    // It sticks to its task for as long as that is there.
    #expect(controls.selection(in: LiveControls.Scene(tasks: ["c", "b"], open: [])) == "c")
    #expect(controls.selection(in: LiveControls.Scene(tasks: ["b"], open: [])) == "b")
    #expect(controls.selection(in: LiveControls.Scene(tasks: [], open: [])) == nil)
  }

  @Test func `to stop is asked about, and done only on a yes`() {
    var controls = LiveControls()
    #expect(press(.character("s"), .character("x"), .character("n"), on: &controls) == [])
    #expect(controls.mode == .table)
    #expect(press(.character("s"), .character("y"), on: &controls) == [.stop(task: "b")])
    // One that has ended cannot be stopped.
    #expect(press(.home, .character("s"), .character("y"), on: &controls) == [])
    #expect(press(.character("q"), .escape, .character("q"), .character("Y"), on: &controls) == [.quit])
    #expect(press(.character("d"), on: &controls) == [.detach])
  }

  @Test func `only what waits for its next attempt is tried again`() {
    var controls = LiveControls()
    #expect(press(.character("r"), on: &controls) == [])
    #expect(press(.down, .character("r"), on: &controls) == [.retry(task: "c")])
    #expect(controls.mode == .table)
  }

  @Test func `the page of conflicts is scrolled and left`() {
    var controls = LiveControls()
    #expect(press(.character("c"), .up, .down, .pageDown, on: &controls) == [])
    #expect(controls.mode == .conflicts(first: 21))
    _ = press(.end, .down, on: &controls)
    #expect(controls.mode == .conflicts(first: 80) && controls.isComparing)
    #expect(press(.character("s"), .character("q"), on: &controls) == [])
    #expect(controls.mode == .table)
    var elsewhere = scene
    elsewhere.abilities.canCompare = false
    _ = controls.press(.character("c"), in: elsewhere)
    #expect(controls.mode == .table)
  }

  @Test func `what is at work is shown alone, until all is wanted again`() {
    var controls = LiveControls()
    _ = press(.character("t"), on: &controls)
    #expect(controls.showsWorkOnly)
    _ = press(.escape, on: &controls)
    #expect(!controls.showsWorkOnly)
  }

  @Test func `whoever only watches leaves without being asked`() {
    var controls = LiveControls()
    var watching = scene
    watching.abilities = .init(canStop: true, canDetach: false, isPerforming: false)
    #expect(controls.press(.character("d"), in: watching) == nil)
    #expect(controls.press(.character("q"), in: watching) == .leave)
  }

  @Test func `a filter is typed, kept and cleared`() {
    var controls = LiveControls()
    _ = press(.character("/"), .character("q"), .character("x"), .backspace, on: &controls)
    #expect(controls.filter == "q" && controls.mode == .filtering)
    _ = press(.enter, on: &controls)
    #expect(controls.filter == "q" && controls.mode == .table)
    _ = press(.escape, on: &controls)
    #expect(controls.filter == "")
    _ = press(.character("/"), .character("a"), .escape, on: &controls)
    #expect(controls.filter == "" && controls.mode == .table)
  }

  @Test func `a log follows its end until it is scrolled`() {
    var controls = LiveControls()
    _ = press(.enter, on: &controls)
    #expect(controls.mode == .log(task: "b", first: nil))
    _ = press(.up, on: &controls)
    #expect(controls.mode == .log(task: "b", first: 79))
    _ = press(.pageUp, on: &controls)
    #expect(controls.mode == .log(task: "b", first: 59))
    _ = press(.home, .up, on: &controls)
    #expect(controls.mode == .log(task: "b", first: 0))
    _ = press(.character("f"), on: &controls)
    #expect(controls.mode == .log(task: "b", first: nil))
    // In a log, keys of the table mean nothing.
    #expect(press(.character("s"), .character("d"), .character("q"), on: &controls) == [])
    #expect(controls.mode == .table)
    _ = press(.character("?"), .character("q"), on: &controls)
    #expect(controls.mode == .table)
  }
}
