import Basics

enum Ruby {
  static func part(in folder: Folder) -> Part? {
    let specification = folder.names.first { $0.hasSuffix(".gemspec") }
    guard let buildFile = folder.first("Gemfile", "Rakefile", ".rspec") ?? specification else { return nil }
    return Part(stack: "Ruby", test: test(in: folder), buildFile: buildFile)
  }

  private static func test(in folder: Folder) -> TestCommand? {
    let bundled = folder.has("Gemfile") ? "bundle exec " : ""
    if folder.contains(where: { $0.hasPrefix("spec/") && $0.hasSuffix("_spec.rb") }) {
      return TestCommand("\(bundled)rspec", from: folder.has(".rspec") ? ".rspec" : "spec/")
    }
    if folder.has("bin/rails"), folder.hasFolder("test") { return TestCommand("bin/rails test", from: "bin/rails") }
    let rakefile = folder.text("Rakefile")?.withoutComments("#") ?? ""
    if ["TestTask", "task :test", "task test:", "task \"test\"", "Minitest::", "RSpec::"].contains(where: {
      rakefile.contains($0)
    }) {
      return TestCommand("\(bundled)rake \(rakefile.contains("RSpec::") ? "spec" : "test")", from: "Rakefile")
    }
    let tests = folder.paths.filter { path in
      path.hasPrefix("test/") && (path.hasSuffix("_test.rb") || path.fileName.hasPrefix("test_"))
    }
    guard let first = tests.first else { return nil }
    return TestCommand(
      "\(bundled)ruby -Ilib:test -e 'Dir.glob(\"./test/**/{*_test,test_*}.rb\") { |file| require file }'", from: first)
  }
}

enum PHP {
  static func part(in folder: Folder) -> Part? {
    guard folder.has("composer.json") else { return nil }
    let manifest = folder.text("composer.json").flatMap { JSON(parsing: $0) }
    return Part(
      stack: "PHP", test: test(manifest, in: folder), buildFile: "composer.json", name: manifest?["name"]?.string)
  }

  private static func test(_ manifest: JSON?, in folder: Folder) -> TestCommand? {
    let script = manifest?["scripts"]?["test"]
    if script?.string?.isEmpty == false || script?.elements.isEmpty == false {
      return TestCommand("composer test", from: "scripts of composer.json")
    }
    if folder.has("artisan") { return TestCommand("php artisan test", from: "artisan") }
    let required = (manifest?["require-dev"]?.keys ?? []) + (manifest?["require"]?.keys ?? [])
    if required.contains("pestphp/pest") { return TestCommand("vendor/bin/pest", from: "composer.json") }
    if let file = folder.first("phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml") {
      return TestCommand("vendor/bin/phpunit", from: file)
    }
    return required.contains("phpunit/phpunit") && folder.hasFolder("tests")
      ? TestCommand("vendor/bin/phpunit tests", from: "composer.json") : nil
  }
}

enum Elixir {
  static func part(in folder: Folder) -> Part? {
    guard let manifest = folder.text("mix.exs") else { return nil }
    let name = manifest.firstRange(of: "app: :").map { manifest[$0.upperBound...].prefix { $0.isLetter || $0 == "_" } }
    // The applications of an umbrella have tests of their own.
    let hasTests = folder.contains { $0.hasSuffix("_test.exs") }
    return Part(
      stack: "Elixir", test: hasTests ? TestCommand("mix test", from: "mix.exs") : nil, buildFile: "mix.exs",
      name: name.map(String.init))
  }
}
