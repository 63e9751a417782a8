import Agents
import Discovery
import Engine
import Git
import KnownAgents
import Processes
import Settings

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Finds out about the project in a checkout.
struct ProjectInspection: Sendable {
  let files: ProjectFiles
  let project: Project
  private let place: RepositoryContext

  /// nil in a bare repository, which has no files checked out.
  init?(in place: RepositoryContext, remote: String?) async throws {
    guard let checkout = place.checkout else { return nil }
    self.place = place
    let listing = try await place.git.require(.reading, ["ls-files", "-z"])
    files = ProjectFiles(root: checkout, tracked: listing.records)
    project = Discovery.project(
      in: files, history: try await Self.history(place, remote: remote), repositoryName: place.repositoryName)
  }

  /// A repository without a commit has none, which is no error.
  private static func history(_ place: RepositoryContext, remote: String?) async throws -> ProjectHistory {
    let (folder, depth) = remote.map { ("refs/remotes/\($0)/", 3) } ?? ("refs/heads/", 2)
    let branches = try? await place.git.run(
      .reading, ["for-each-ref", "--count=500", "--format=%(refname:lstrip=\(depth))", folder])
    return ProjectHistory(
      subjects: try await place.inRepository { $0.recentSubjects() },
      branches: branches?.text.split(separator: "\n").map(String.init) ?? [])
  }

  /// Asks an agent's client for what the files do not say plainly.
  /// - Parameter limit: how long it may take in all.
  /// - Throws: `CancellationError`, or what went wrong, described in one line.
  func asking(within limit: Duration = .seconds(60)) async throws -> Project {
    let begin = ContinuousClock.now
    let agent = try await AgentRegistry(place.settings).locate(
      environment: place.environment, timeLimit: min(limit, AgentRegistry.locatingLimit))
    let answer = try await agent.structuredAnswer(
      prompt: ProjectQuestion.prompt(about: project, in: files), schema: ProjectQuestion.schema,
      directory: place.checkout ?? place.directory, environment: place.environment,
      timeout: limit - (ContinuousClock.now - begin)
    ) { _ in }
    guard let understood = ProjectAnswer(json: String(decoding: answer, as: UTF8.self), files: files) else {
      throw AgentError.noStructuredAnswer("it did not match the schema")
    }
    return project.filled(from: understood, by: agent.name)
  }
}
