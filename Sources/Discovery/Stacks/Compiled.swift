import Basics

/// Swift packages.
enum SwiftPackage {
  static func part(in folder: Folder) -> Part? {
    guard folder.has("Package.swift") else {
      // What an Xcode project's schemes are called, and where they can run, its files do not say.
      guard folder.contains(where: { $0.contains(".xcodeproj/") }) else { return nil }
      return Part(stack: "Swift (Xcode)", test: nil, buildFile: "project.pbxproj")
    }
    let manifest = folder.text("Package.swift")?.withoutComments("//") ?? ""
    let hasTests = manifest.contains("testTarget") || folder.hasFolder("Tests")
    return Part(
      stack: "Swift", test: hasTests ? TestCommand("swift test", from: "Package.swift") : nil,
      buildFile: "Package.swift", name: name(in: manifest))
  }

  /// The first `name:` after `Package(`.
  private static func name(in manifest: String) -> String? {
    guard let start = manifest.firstRange(of: "Package(")?.upperBound,
      let label = manifest[start...].firstRange(of: "name:")?.upperBound
    else { return nil }
    let value = manifest[label...].drop { $0.isWhitespace }
    guard value.first == "\"" else { return nil }
    return String(value.dropFirst().prefix { $0 != "\"" })
  }
}

enum Rust {
  static func part(in folder: Folder) -> Part? {
    guard folder.has("Cargo.toml") else { return nil }
    let outline = TOMLOutline(folder.text("Cargo.toml") ?? "")
    // A root that is itself a package would have its own tests alone run.
    let workspace = outline.hasTable(beginning: "workspace") ? " --workspace" : ""
    let runner = folder.hasAny(".config/nextest.toml") ? "cargo nextest run" : "cargo test"
    return Part(
      stack: "Rust", test: TestCommand(runner + workspace, from: "Cargo.toml"), buildFile: "Cargo.toml",
      name: outline.string("package", "name"))
  }
}

enum Go {
  static func part(in folder: Folder) -> Part? {
    if folder.has("go.mod") {
      let module = folder.text("go.mod")?.lines.first { $0.hasPrefix("module ") }?.dropFirst("module ".count).trimmed
      return Part(
        stack: "Go", test: TestCommand("go test ./...", from: "go.mod"), buildFile: "go.mod",
        name: module.map { String($0.fileName) })
    }
    guard let workspace = folder.text("go.work") else { return nil }
    let modules = workspace.lines.compactMap { line -> String? in
      let word = line.trimmed.split(separator: " ").last.map(String.init) ?? ""
      guard word.hasPrefix("./") || word.hasPrefix("use ./") else { return nil }
      let path = word.drop { $0 == "." || $0 == "/" }
      return folder.has("\(path)/go.mod") ? shellQuoted(path: "./\(path)/...") : nil
    }
    let test = modules.isEmpty ? nil : TestCommand("go test \(modules.joined(separator: " "))", from: "go.work")
    return Part(stack: "Go", test: test, buildFile: "go.work")
  }
}

/// Java and Kotlin.
enum JVM {
  static func part(in folder: Folder) -> Part? {
    let hasKotlin = folder.contains { $0.hasSuffix(".kt") }
    let hasJava = folder.contains { $0.hasSuffix(".java") }
    let language = hasKotlin ? hasJava ? "Java, Kotlin" : "Kotlin" : "Java"
    if let file = folder.first("build.gradle.kts", "build.gradle", "settings.gradle.kts", "settings.gradle") {
      let program = folder.has("gradlew") ? "./gradlew" : "gradle"
      return Part(
        stack: "\(language) (Gradle)", test: TestCommand("\(program) test", from: file), buildFile: file)
    }
    guard folder.has("pom.xml") else { return nil }
    let program = folder.has("mvnw") ? "./mvnw" : "mvn"
    return Part(
      stack: "\(language) (Maven)", test: TestCommand("\(program) test", from: "pom.xml"), buildFile: "pom.xml")
  }
}

enum DotNet {
  static func part(in folder: Folder) -> Part? {
    let solutions = folder.names.filter { $0.hasSuffix(".sln") || $0.hasSuffix(".slnx") }
    let projects = folder.paths.filter { path in
      [".csproj", ".fsproj", ".vbproj"].contains { path.hasSuffix($0) }
    }
    let own = projects.filter { !$0.contains("/") }
    guard let buildFile = solutions.first ?? own.first else { return nil }
    let tests = projects.prefix(200).first { path in
      folder.text(path).map { $0.contains("Microsoft.NET.Test.Sdk") || $0.contains("MSTest.Sdk") } ?? false
    }
    // With more than one in the folder, dotnet wants to be told which.
    let isAmbiguous = solutions.count + own.count > 1
    let argument = isAmbiguous ? " \(shellQuoted(path: buildFile))" : ""
    let language = projects.contains { $0.hasSuffix(".csproj") } || projects.isEmpty ? "C#" : "F#"
    return Part(
      stack: ".NET (\(language))", test: tests.map { TestCommand("dotnet test\(argument)", from: $0) },
      buildFile: buildFile)
  }
}

/// C and C++, with CMake or plain make.
enum CFamily {
  static func part(in folder: Folder) -> Part? {
    let isCPlusPlus = folder.contains { path in [".cpp", ".cc", ".cxx", ".hpp"].contains { path.hasSuffix($0) } }
    let language = isCPlusPlus ? "C++" : "C"
    if folder.has("CMakeLists.txt") {
      return Part(stack: "\(language) (CMake)", test: cmake(in: folder), buildFile: "CMakeLists.txt")
    }
    guard let makefile = Runners.makefile(in: folder), isCPlusPlus || folder.contains(where: { $0.hasSuffix(".c") })
    else { return nil }
    // Its tests, if it has any, are found as those of the whole repository.
    return Part(stack: "\(language) (Make)", test: nil, buildFile: makefile)
  }

  private static func cmake(in folder: Folder) -> TestCommand? {
    if let presets = folder.text("CMakePresets.json").flatMap({ JSON(parsing: $0) }),
      let command = command(presets)
    {
      return TestCommand(command, from: "CMakePresets.json")
    }
    let lists = folder.paths.filter { $0.fileName == "CMakeLists.txt" }.prefix(50)
    let file = lists.first { path in
      let text = folder.text(path)?.withoutComments("#").lowercased() ?? ""
      return ["enable_testing(", "add_test(", "include(ctest)", "gtest_discover_tests("].contains { text.contains($0) }
    }
    return file.map {
      TestCommand(
        "cmake -S . -B build && cmake --build build && ctest --test-dir build --output-on-failure", from: $0)
    }
  }

  /// The first test preset that can be used as it is, with what it builds on.
  private static func command(_ presets: JSON) -> String? {
    let builds = presets["buildPresets"]?.elements ?? []
    for preset in presets["testPresets"]?.elements ?? [] {
      guard let name = preset["name"]?.string, isPlain(name), let configure = preset["configurePreset"]?.string,
        isPlain(configure)
      else { continue }
      let build = builds.first { $0["configurePreset"]?.string == configure }?["name"]?.string ?? ""
      guard isPlain(build) else { continue }
      return "cmake --preset \(shellQuoted(configure)) && cmake --build --preset \(shellQuoted(build))"
        + " && ctest --preset \(shellQuoted(name))"
    }
    return nil
  }
}
