import Basics

/// Python, with whatever a project manages its environment.
enum Python {
  static func part(in folder: Folder) -> Part? {
    let manifests = [
      "pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "noxfile.py", "requirements.txt", "requirements-dev.txt",
      "Pipfile", "pytest.ini", "manage.py",
    ]
    let present = manifests.filter(folder.has)
    guard let buildFile = present.first else { return nil }
    let texts = Dictionary(uniqueKeysWithValues: present.map { ($0, folder.text($0) ?? "") })
    let outline = TOMLOutline(texts["pyproject.toml"] ?? "")
    let project = PythonProject(folder: folder, texts: texts, outline: outline)
    return Part(
      stack: "Python\(project.manager.map { " (\($0))" } ?? "")", test: project.test, buildFile: buildFile,
      name: outline.string("project", "name") ?? outline.string("tool.poetry", "name"))
  }
}

private struct PythonProject {
  let folder: Folder
  let texts: [String: String]
  let outline: TOMLOutline

  /// What keeps the project's environment; nil when that is left to the user.
  var manager: String? {
    if folder.has("uv.lock") || outline.hasTable(beginning: "tool.uv") { return "uv" }
    if folder.has("poetry.lock") || outline.hasTable(beginning: "tool.poetry") { return "poetry" }
    if folder.has("pdm.lock") || outline.hasTable(beginning: "tool.pdm") { return "pdm" }
    if folder.has("Pipfile") { return "pipenv" }
    if outline.hasTable(beginning: "tool.hatch.envs") || folder.has("hatch.toml") { return "hatch" }
    return nil
  }

  /// First what brings its own environment, which a new worktree has not; then the bare programs.
  var test: TestCommand? {
    if manager == "hatch" {
      let scripts = outline.tables["tool.hatch.envs.default.scripts"]
      return TestCommand(scripts?["test"] == nil ? "hatch test" : "hatch run test", from: "pyproject.toml")
    }
    if let manager, let (runner, source) = runner {
      return TestCommand("\(manager) run \(runner)", from: source)
    }
    if let sessions = texts["noxfile.py"], sessions.contains("session") {
      let isNamed = sessions.contains("def tests(") ? " -s tests" : sessions.contains("def test(") ? " -s test" : ""
      return TestCommand("nox\(isNamed)", from: "noxfile.py")
    }
    if let file = toxFile { return TestCommand("tox", from: file) }
    return runner.map { TestCommand($0.0, from: $0.1) }
  }

  private var toxFile: String? {
    if texts["tox.ini"]?.contains("[testenv") == true || texts["tox.ini"]?.contains("[tox]") == true {
      return "tox.ini"
    }
    if texts["setup.cfg"]?.contains("[tox:tox]") == true { return "setup.cfg" }
    return outline.hasTable(beginning: "tool.tox") ? "pyproject.toml" : nil
  }

  /// The program that runs the tests, and what says so.
  private var runner: (String, String)? {
    if folder.has("pytest.ini") { return ("pytest", "pytest.ini") }
    for file in ["pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "Pipfile"]
    where texts[file]?.withoutComments("#").mentions("pytest") == true {
      return ("pytest", file)
    }
    let lists = folder.paths.filter { $0.hasSuffix(".txt") && $0.contains("requirements") }.prefix(10)
    for file in lists where folder.text(file)?.withoutComments("#").mentions("pytest") == true {
      return ("pytest", file)
    }
    if texts["manage.py"]?.contains("django") == true { return ("python manage.py test", "manage.py") }
    return unmanaged
  }

  /// Nothing names a runner: the test files themselves show it.
  private var unmanaged: (String, String)? {
    let tests = folder.paths.filter { path in
      path.hasSuffix(".py") && (path.fileName.hasPrefix("test_") || path.hasSuffix("_test.py"))
    }
    guard let first = tests.first else { return folder.has("conftest.py") ? ("pytest", "conftest.py") : nil }
    let isUnittest = tests.prefix(5).contains { path in
      guard let text = folder.text(path) else { return false }
      return text.contains("unittest") && !text.contains("import pytest")
    }
    guard isUnittest, !folder.contains(where: { $0.fileName == "conftest.py" }) else { return ("pytest", first) }
    // From the top, discovery goes only into packages.
    let top = first.split(separator: "/").first.map(String.init) ?? ""
    let needsStart = first.contains("/") && !folder.has("\(top)/__init__.py")
    return ("python -m unittest discover\(needsStart ? " -s \(shellQuoted(path: top))" : "")", first)
  }
}
