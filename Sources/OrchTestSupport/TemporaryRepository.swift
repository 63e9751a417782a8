package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A real git repository in a scratch folder, driven by the real git.
///
/// The scratch folder lives as long as any repository made in it.
package final class TemporaryRepository: Sendable {
  package let scratch: TemporaryDirectory
  /// The working tree, or the git directory of a bare repository.
  package let path: FilePath
  package let hermetic: HermeticEnvironment

  package var environment: [String: String] { hermetic.variables }

  private init(scratch: TemporaryDirectory, hermetic: HermeticEnvironment, path: FilePath) {
    self.scratch = scratch
    self.hermetic = hermetic
    self.path = path
  }

  /// `git init` of an empty repository called `name` in a scratch folder of its own.
  package convenience init(_ name: String = "repository", options: [String] = []) async throws {
    let scratch = try TemporaryDirectory()
    let hermetic = try HermeticEnvironment(in: scratch.path)
    self.init(scratch: scratch, hermetic: hermetic, path: scratch.path.appending(name))
    try await GitProgram.run(
      ["init", "--quiet"] + options + [path.string], in: scratch.path, environment: hermetic.variables)
  }

  /// A repository with one commit, of `README.md`.
  package static func withCommit(_ name: String = "repository") async throws -> TemporaryRepository {
    let scratch = try TemporaryDirectory()
    let path = scratch.path.appending(name)
    try await RepositoryTemplate.shared.copyCommitted(to: path)
    return TemporaryRepository(scratch: scratch, hermetic: try HermeticEnvironment(in: scratch.path), path: path)
  }

  /// The same with a bare repository `origin.git` next to it, its remote `origin`, that has the commit.
  package static func withCommitAndRemote(
    _ name: String = "repository"
  ) async throws -> (repository: TemporaryRepository, origin: TemporaryRepository) {
    let scratch = try TemporaryDirectory()
    let (path, remote) = (FilePath("\(scratch.path)/\(name)"), FilePath("\(scratch.path)/origin.git"))
    try await RepositoryTemplate.shared.copyPushed(to: path, remote: remote)
    let hermetic = try HermeticEnvironment(in: scratch.path)
    return (
      TemporaryRepository(scratch: scratch, hermetic: hermetic, path: path),
      TemporaryRepository(scratch: scratch, hermetic: hermetic, path: remote)
    )
  }

  /// `git clone` of this repository under `name` in the same scratch folder. The source is given as a `file:` URL, so
  /// that `--depth` and `--filter` take effect.
  package func clone(_ name: String, options: [String] = []) async throws -> TemporaryRepository {
    let copy = TemporaryRepository(scratch: scratch, hermetic: hermetic, path: scratch.path.appending(name))
    try await GitProgram.run(
      ["clone", "--quiet"] + options + ["file://\(path)", copy.path.string], in: scratch.path, environment: environment)
    return copy
  }

  /// Makes a bare repository in the scratch folder, adds it as a remote and pushes the present branch with `-u`
  /// (where there is a commit to push).
  @discardableResult
  package func addBareRemote(_ remote: String = "origin") async throws -> TemporaryRepository {
    let bare = TemporaryRepository(scratch: scratch, hermetic: hermetic, path: scratch.path.appending("\(remote).git"))
    try await GitProgram.run(
      ["init", "--quiet", "--bare", bare.path.string], in: scratch.path, environment: environment)
    try await git("remote", "add", remote, bare.path.string)
    if (try? await git("rev-parse", "--verify", "--quiet", "HEAD")) != nil {
      try await git("push", "--quiet", "-u", remote, "HEAD")
      try await git("remote", "set-head", remote, "--auto")
    }
    return bare
  }

  /// Runs git in the repository, or in `directory`, and returns what it printed without the white space at its end.
  /// - Throws: ``GitFailure`` when git fails.
  @discardableResult
  package func git(_ arguments: String..., in directory: FilePath? = nil) async throws -> String {
    try await git(arguments, in: directory)
  }

  /// As above, with the arguments as one list and, where given, text on standard input.
  @discardableResult
  package func git(_ arguments: [String], in directory: FilePath? = nil, input: String = "") async throws -> String {
    try await GitProgram.run(arguments, in: directory ?? path, environment: environment, input: input)
  }

  /// Writes a file of the working tree, with the folders on the way.
  package func write(_ file: String, _ content: String, in directory: FilePath? = nil) throws {
    // Texts instead of paths: those take much of a debug build's time.
    let file = "\(directory ?? path)/\(file)"
    if let slash = file.lastIndex(of: "/") {
      try FileManager.default.createDirectory(atPath: String(file[..<slash]), withIntermediateDirectories: true)
    }
    try Data(content.utf8).write(to: URL(filePath: file))
  }

  /// Reads a file of the working tree.
  package func read(_ file: String, in directory: FilePath? = nil) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: (directory ?? path).appending(file).string)), as: UTF8.self)
  }

  /// Writes, adds and commits one file, and returns the commit's id.
  @discardableResult
  package func commit(
    _ file: String, _ content: String, message: String, in directory: FilePath? = nil
  ) async throws -> String {
    try write(file, content, in: directory)
    try await git("add", "--", file, in: directory)
    try await git("commit", "--quiet", "-m", message, in: directory)
    return try await git("rev-parse", "HEAD", in: directory)
  }

  /// Installs an executable hook, a script for sh, in this repository's hooks folder.
  package func addHook(_ name: String, _ script: String) async throws {
    let folder = FilePath(try await git("rev-parse", "--path-format=absolute", "--git-path", "hooks"))
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    let file = folder.appending(name)
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: file.string))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.string)
  }
}
