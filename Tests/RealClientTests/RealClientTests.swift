import Foundation
import Testing

/// The real client against a scripted API. One at a time: a client takes some 200 MB and a whole core at its start.
@Suite(
  .serialized,
  .enabled(if: RealClientHarness.clientPath != nil, "GIT_ORCH_REAL_CLAUDE names no client; see Tools/fetch-client"),
  .timeLimit(.minutes(3)))
struct RealClientTests {}
