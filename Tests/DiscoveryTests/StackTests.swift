import Discovery
import Testing

/// A repository of each kind: what it is written in, how it is tested, what to read first.
@Suite(.timeLimit(.minutes(5))) struct StackTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let title: String
    let files: [String: String]
    let stacks: [String]
    let test: String?
    var keyFile: String?

    init(
      _ title: String, _ files: [String: String], _ stacks: String..., test: String?, keyFile: String? = nil
    ) {
      self.title = title
      self.files = files
      self.stacks = stacks
      self.test = test
      self.keyFile = keyFile
    }

    var testDescription: String { title }
  }

  private func check(_ row: Row) throws {
    let project = try Fixture(row.files).project()
    #expect(project.stacks == row.stacks)
    #expect(project.testCommand?.command == row.test)
    if let keyFile = row.keyFile { #expect(project.keyFiles.contains(keyFile), "\(project.keyFiles)") }
  }

  // MARK: - Compiled languages

  static let swiftManifest = #"let package = Package(name: "kite", targets: [.target(name: "Kite")])"#
  static let compiled: [Row] = [
    Row(
      "swift", ["Package.swift": swiftManifest, "Tests/KiteTests/A.swift": ""], "Swift", test: "swift test",
      keyFile: "Package.swift"),
    Row("swift without tests", ["Package.swift": swiftManifest], "Swift", test: nil),
    Row(
      "swift with a test target that is a comment", ["Package.swift": swiftManifest + "\n// .testTarget(name: x)"],
      "Swift", test: nil),
    Row("xcode", ["Kite.xcodeproj/project.pbxproj": ""], "Swift (Xcode)", test: nil),
    Row(
      "rust", ["Cargo.toml": "[package]\nname = \"kite\"\n", "src/main.rs": ""], "Rust", test: "cargo test",
      keyFile: "src/main.rs"),
    Row("rust workspace", ["Cargo.toml": "[workspace]\nmembers = []\n"], "Rust", test: "cargo test --workspace"),
    Row(
      "rust with nextest", ["Cargo.toml": "[package]\n", ".config/nextest.toml": ""], "Rust",
      test: "cargo nextest run"),
    Row("go", ["go.mod": "module example.org/kite\n", "main.go": ""], "Go", test: "go test ./...", keyFile: "main.go"),
    Row(
      "go workspace",
      [
        "go.work": "go 1.22\nuse (\n\t./api\n\t./gone\n)\n", "api/go.mod": "module a\n", "web app/go.mod": "module b\n",
      ], "Go", test: "go test ./api/..."),
    Row(
      "maven with its wrapper", ["pom.xml": "<project/>", "mvnw": "", "src/main/java/A.java": ""], "Java (Maven)",
      test: "./mvnw test", keyFile: "pom.xml"),
    Row("maven", ["pom.xml": "<project/>"], "Java (Maven)", test: "mvn test"),
    Row(
      "gradle with its wrapper", ["build.gradle.kts": "", "gradlew": "", "src/main/kotlin/A.kt": ""], "Kotlin (Gradle)",
      test: "./gradlew test"),
    Row(
      "gradle", ["build.gradle": "", "src/A.java": "", "src/B.kt": ""], "Java, Kotlin (Gradle)", test: "gradle test"),
    Row(
      "dotnet solution",
      [
        "Kite.sln": "", "src/Kite.csproj": "<Project/>",
        "t/Kite.Tests.csproj": #"<PackageReference Include="Microsoft.NET.Test.Sdk"/>"#,
      ], ".NET (C#)", test: "dotnet test", keyFile: "Kite.sln"),
    Row("dotnet without tests", ["Kite.csproj": "<Project/>"], ".NET (C#)", test: nil),
    Row(
      "dotnet with two solutions",
      ["A b.sln": "", "B.sln": "", "t/T.fsproj": "Microsoft.NET.Test.Sdk"], ".NET (F#)", test: "dotnet test 'A b.sln'"),
    Row(
      "cmake", ["CMakeLists.txt": "project(kite)\nenable_testing()\n", "src/main.cpp": ""], "C++ (CMake)",
      test: "cmake -S . -B build && cmake --build build && ctest --test-dir build --output-on-failure",
      keyFile: "src/main.cpp"),
    Row("cmake without tests", ["CMakeLists.txt": "# enable_testing()\n", "a.c": ""], "C (CMake)", test: nil),
    Row(
      "cmake with presets",
      [
        "CMakeLists.txt": "enable_testing()", "a.cc": "",
        "CMakePresets.json": """
        {"configurePresets": [{"name": "dev"}], "buildPresets": [{"name": "b", "configurePreset": "dev"}],
         "testPresets": [{"name": "base", "hidden": true}, {"name": "unit", "configurePreset": "dev"}]}
        """,
      ], "C++ (CMake)", test: "cmake --preset dev && cmake --build --preset b && ctest --preset unit"),
    Row("c with make", ["Makefile": "all:\n\tcc a.c\n", "a.c": ""], "C (Make)", test: nil),
    Row(
      "c with make check", ["Makefile": "all check: a\n\t./a\n", "a.c": ""], "C (Make)", test: "make check",
      keyFile: "Makefile"),
  ]

  @Test(arguments: compiled) func `a compiled project`(row: Row) throws { try check(row) }

  // MARK: - Python

  static let python: [Row] = [
    Row(
      "pytest in pyproject", ["pyproject.toml": "[tool.pytest.ini_options]\n"], "Python", test: "pytest",
      keyFile: "pyproject.toml"),
    Row(
      "uv", ["pyproject.toml": "[dependency-groups]\ndev = [\"pytest>=8\"]\n", "uv.lock": ""], "Python (uv)",
      test: "uv run pytest"),
    Row(
      "poetry",
      ["pyproject.toml": "[tool.poetry]\nname = \"x\"\n[tool.poetry.group.dev.dependencies]\npytest = \"*\"\n"],
      "Python (poetry)", test: "poetry run pytest"),
    Row(
      "hatch", ["pyproject.toml": "[tool.hatch.envs.default.scripts]\ntest = \"pytest -q\"\n"], "Python (hatch)",
      test: "hatch run test"),
    Row("pipenv", ["Pipfile": "[dev-packages]\npytest = \"*\"\n"], "Python (pipenv)", test: "pipenv run pytest"),
    Row(
      "nox", ["noxfile.py": "@nox.session\ndef tests(session):\n", "pyproject.toml": "pytest\n"], "Python",
      test: "nox -s tests"),
    Row(
      "tox", ["tox.ini": "[tox]\nenvlist = py3\n[testenv]\ncommands = pytest\n", "setup.py": ""], "Python", test: "tox"),
    Row("tox.ini that only configures pytest", ["tox.ini": "[pytest]\n"], "Python", test: "pytest"),
    Row(
      "setup.cfg", ["setup.cfg": "[options.extras_require]\ntest =\n  pytest\n", "setup.py": ""], "Python",
      test: "pytest"),
    Row(
      "requirements", ["requirements.txt": "flask\n", "requirements-dev.txt": "pytest==8.1\n"], "Python", test: "pytest"
    ),
    Row(
      "something that has pytest in its name", ["requirements.txt": "flake8-pytest-style\n# pytest\n"], "Python",
      test: nil),
    Row(
      "django", ["manage.py": "import django\n", "requirements.txt": "django\n"], "Python",
      test: "python manage.py test"),
    Row(
      "unittest", ["setup.py": "", "tests/test_a.py": "import unittest\n"], "Python",
      test: "python -m unittest discover -s tests"),
    Row(
      "unittest in a package",
      ["setup.py": "", "kite/__init__.py": "", "kite/test_a.py": "from unittest import TestCase"],
      "Python", test: "python -m unittest discover"),
    Row("bare test functions", ["setup.py": "", "tests/test_a.py": "def test_a(): pass\n"], "Python", test: "pytest"),
  ]

  @Test(arguments: python) func `a Python project`(row: Row) throws { try check(row) }

  // MARK: - Scripting languages

  static let placeholder = #"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#
  static let tested = #"{"name": "@acme/kite", "scripts": {"test": "vitest run"}}"#
  static let scripting: [Row] = [
    Row(
      "npm", ["package.json": tested, "package-lock.json": "{}"], "JavaScript (npm)", test: "npm test",
      keyFile: "package.json"),
    Row("pnpm", ["package.json": tested, "pnpm-lock.yaml": ""], "JavaScript (pnpm)", test: "pnpm test"),
    Row(
      "yarn", ["package.json": tested, "yarn.lock": "", "tsconfig.json": ""], "TypeScript (yarn)", test: "yarn test"),
    Row("bun", ["package.json": tested, "bun.lock": ""], "JavaScript (bun)", test: "bun run test"),
    Row(
      "the manager that package.json names",
      ["package.json": #"{"packageManager": "pnpm@9.1.0", "scripts": {"test": "x"}}"#, "yarn.lock": ""],
      "JavaScript (pnpm)", test: "pnpm test"),
    Row("npm's placeholder", ["package.json": placeholder], "JavaScript (npm)", test: nil),
    Row(
      "a runner among the dependencies", ["package.json": #"{"devDependencies": {"jest": "^29"}}"#], "JavaScript (npm)",
      test: "npx --no-install jest"),
    Row(
      "npm workspaces", ["package.json": #"{"workspaces": ["packages/*"]}"#, "packages/a/package.json": tested],
      "JavaScript (npm)", test: "npm test --workspaces --if-present"),
    Row("deno", ["deno.json": "{}", "a_test.ts": ""], "Deno", test: "deno test"),
    Row(
      "rspec", ["Gemfile": "", ".rspec": "", "spec/a_spec.rb": ""], "Ruby", test: "bundle exec rspec",
      keyFile: "Gemfile"),
    Row("rails", ["Gemfile": "", "bin/rails": "", "test/a_test.rb": ""], "Ruby", test: "bin/rails test"),
    Row("rake", ["Rakefile": "Rake::TestTask.new\n", "test/a_test.rb": ""], "Ruby", test: "rake test"),
    Row(
      "minitest", ["Gemfile": "", "test/test_a.rb": ""], "Ruby",
      test: "bundle exec ruby -Ilib:test -e 'Dir.glob(\"./test/**/{*_test,test_*}.rb\") { |file| require file }'"),
    Row("composer script", ["composer.json": #"{"scripts": {"test": ["@phpunit"]}}"#], "PHP", test: "composer test"),
    Row("pest", ["composer.json": #"{"require-dev": {"pestphp/pest": "*"}}"#], "PHP", test: "vendor/bin/pest"),
    Row(
      "phpunit", ["composer.json": "{}", "phpunit.xml.dist": ""], "PHP", test: "vendor/bin/phpunit",
      keyFile: "composer.json"),
    Row("laravel", ["composer.json": "{}", "artisan": ""], "PHP", test: "php artisan test"),
    Row("elixir", ["mix.exs": "app: :kite", "test/a_test.exs": ""], "Elixir", test: "mix test", keyFile: "mix.exs"),
    Row("nothing", ["notes.txt": ""], test: nil),
  ]

  @Test(arguments: scripting) func `a project in a scripting language`(row: Row) throws { try check(row) }

  // MARK: - Several of them

  static let several: [Row] = [
    Row(
      "a makefile beats the stack", ["Makefile": ".PHONY: test\ntest: lint\n\tpytest\n", "pyproject.toml": "pytest"],
      "Python", test: "make test"),
    Row("check beats nothing", ["Makefile": "check:\n\tlint\n", "Cargo.toml": ""], "Rust", test: "cargo test"),
    Row("just", ["justfile": "set shell\n@test *args: build\n  x\n", "Cargo.toml": ""], "Rust", test: "just test"),
    Row(
      "just with an argument that is needed", ["justfile": "test name:\n  x\n", "Cargo.toml": ""], "Rust",
      test: "cargo test"),
    Row(
      "task",
      [
        "Taskfile.yml": "version: '3'\nvars:\n  test: x\ntasks:\n  build:\n    cmds: [a]\n  test:\n    cmds: [b]\n",
        "go.mod": "",
      ],
      "Go", test: "task test"),
    Row(
      "task without tests", ["Taskfile.yml": "vars:\n  test: x\ntasks:\n  build:\n    test: y\n", "go.mod": ""], "Go",
      test: "go test ./..."),
    Row(
      "a monorepo's package.json", ["package.json": tested, "pnpm-workspace.yaml": "", "Cargo.toml": ""], "Rust",
      "JavaScript (pnpm)", test: "pnpm test"),
    Row(
      "two stacks at the root", ["package.json": tested, "mix.exs": "", "test/a_test.exs": ""], "Elixir",
      "JavaScript (npm)", test: "mix test && npm test"),
    Row(
      "one below", ["backend/go.mod": "module a\n"], "Go", test: "go -C backend test ./...",
      keyFile: "backend/go.mod"),
    Row(
      "two below",
      ["apps/web/package.json": tested, "my api/Cargo.toml": "", "examples/x/go.mod": "", "vendor/y/go.mod": ""],
      "JavaScript (npm)", "Rust", test: "npm --prefix apps/web test && cargo test --manifest-path 'my api/Cargo.toml'"),
  ]

  @Test(arguments: several) func `several build files`(row: Row) throws { try check(row) }

  @Test func `many projects below are left to the user`() throws {
    let files = Dictionary(uniqueKeysWithValues: (1...5).map { ("service\($0)/go.mod", "module a\n") })
    let project = try Fixture(files).project()
    #expect(project.testCommand == nil)
    #expect(
      project.noTestReason
        == "5 projects, each with its own tests: go test ./... in service1, go test ./... in service2, "
        + "go test ./... in service3, …")
  }

  @Test func `tests of several folders that are no one plain command are left to the user`() throws {
    let project = try Fixture([
      "app/mix.exs": "", "app/test/a_test.exs": "", "web/package.json": Self.tested,
    ]).project()
    #expect(project.testCommand == nil)
    #expect(project.noTestReason == "2 projects, each with its own tests: mix test in app, npm test in web")
  }

  @Test(
    arguments: [
      (["package.json": dependent, "package-lock.json": ""], "npm ci"), (["package.json": dependent], nil),
      (["package.json": dependent, "pnpm-lock.yaml": ""], "pnpm install --frozen-lockfile"),
      (["package.json": dependent, "yarn.lock": ""], "yarn install --frozen-lockfile"),
      (["package.json": dependent, "yarn.lock": "", ".yarnrc.yml": ""], "yarn install --immutable"),
      (["package.json": dependent, "bun.lock": ""], "bun install --frozen-lockfile"),
      (["package.json": #"{"name": "x"}"#, "package-lock.json": ""], nil),
      (["package.json": dependent, "package-lock.json": "", "node_modules/a/index.js": ""], nil),
      (["web/package.json": dependent, "web/package-lock.json": ""], "npm --prefix web ci"),
      (["Cargo.toml": ""], nil),
    ] as [([String: String], String?)])
  func `dependencies that lie in the tree are installed in each worktree`(files: [String: String], setup: String?)
    throws
  {
    #expect(try Fixture(files).project().setupCommand == setup)
  }

  private static let dependent = #"{"name": "x", "devDependencies": {"a": "1"}, "scripts": {"test": "a"}}"#

  @Test(arguments: [
    ("test: a\n", true), ("test :\n", true), ("a test b: c\n", true), ("test::\n", true), ("test := x\n", false),
    ("test ::= x\n", false), ("test = a:b\n", false), ("# test:\n", false), ("\ttest: x\n", false),
    (".PHONY: test\n", false), ("latest: x\n", false), ("a = b \\\ntest: x\n", false),
    ("define X\ntest:\nendef\n", false),
  ])
  func `a target is one that a rule has`(makefile: String, hasTest: Bool) throws {
    #expect((try Fixture(["Makefile": makefile]).project().testCommand?.command == "make test") == hasTest)
  }

  @Test(arguments: [
    (["package.json": tested], "@acme/kite"), (["Cargo.toml": "[package]\nname = 'kite'"], "kite"),
    (["go.mod": "module example.org/x/kite\n"], "kite"), (["Package.swift": swiftManifest], "kite"),
    (["pyproject.toml": "[project]\nname = \"kite\"\n"], "kite"), (["mix.exs": "app: :kite,"], "kite"),
    (["README.md": "# Kite"], "folder"), (["package.json": #"{"name": "$(x)"}"#], "folder"),
    (["package.json": #"{"name": "a\u001b[31m"}"#], "folder"),
  ])
  func `the name is the one in the build file`(files: [String: String], name: String) throws {
    #expect(try Fixture(files).project().name == name)
  }
}
