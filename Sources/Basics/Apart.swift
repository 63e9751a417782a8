/// Runs `body` as a child task of its own.
///
/// What a task's calls took of memory stays with the task until it ends, however early they returned. So what is done
/// before a long wait, and needs much, is done apart: ten kilobytes less for each agent that is waited for.
@inline(never)
package func apart<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
  async let value = body()
  return try await value
}
