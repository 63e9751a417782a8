import SystemPackage

/// Streams as an agent prints them: pieces of answers as they come, whole answers, tool calls and their results.
enum StreamData {
  /// Writes a stream of at least `bytes` bytes.
  static func write(_ path: FilePath, bytes: Int, seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var file = try FileWriter(path)
    try file.write(start)
    var turn = 0
    while file.count < bytes {
      turn += 1
      try file.write(Self.turn(turn, &random))
    }
    try file.write(result)
    try file.flush()
  }

  /// Writes a stream with one line of `bytes` bytes: a tool's result that nobody shortened.
  static func writeLongLine(_ path: FilePath, bytes: Int) throws {
    var file = try FileWriter(path)
    try file.write(start)
    try file.write(
      #"{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_1","type":"tool_result","content":""#)
    let piece = String(repeating: #"another line of what the tool printed\n"#, count: 1000)
    while file.count < bytes { try file.write(piece) }
    try file.write("\"}]},\(tail)}\n")
    try file.write(result)
    try file.flush()
  }

  private static let tail =
    #""parent_tool_use_id":null,"session_id":"40c702b0-6e33-4edb-a5a4-151524704875","uuid":"45f36689-a3d0-4854-b4f1-79c833c87e06""#

  private static let start =
    #"{"type":"system","subtype":"init","cwd":"/app","session_id":"40c702b0-6e33-4edb-a5a4-151524704875","tools":["Bash","Edit","Read","Write"],"mcp_servers":[],"model":"bench-1","permissionMode":"acceptEdits","apiKeySource":"none","claude_code_version":"2.1.330"}"#
    + "\n"

  private static let result =
    #"{"type":"result","subtype":"success","is_error":false,"duration_ms":1000,"num_turns":9,"result":"Done.","total_cost_usd":0.1,"terminal_reason":"completed","permission_denials":[],"session_id":"40c702b0-6e33-4edb-a5a4-151524704875","model_usage_since_last_result":{"bench-1":{"inputTokens":100,"outputTokens":20,"cacheReadInputTokens":0,"cacheCreationInputTokens":0,"costUSD":0.1}}}"#
    + "\n"

  /// About 13 KB: what the model said, as it came and whole, and three tool calls with what they printed.
  private static func turn(_ number: Int, _ random: inout SplitMix) -> String {
    var text = ""
    let words = random.prose(Int.random(in: 100..<800, using: &random))
    for piece in stride(from: 0, to: words.count, by: 60) {
      let said = words.dropFirst(piece).prefix(60)
      text +=
        #"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(said)"}},\#(tail)}"#
        + "\n"
    }
    text += answer(number, #"{"type":"text","text":"\#(words)\n\n"}"#)
    for call in 0..<3 { text += toolCall(number * 3 + call, &random) }
    return text
  }

  private static func toolCall(_ number: Int, _ random: inout SplitMix) -> String {
    let tool =
      Bool.random(using: &random)
      ? #""Bash","input":{"command":"cd /app && swift test --filter \"Case\#(number)\" 2>&1 | tail -n 40","description":"Run a test"}"#
      : #""Edit","input":{"file_path":"/app/Sources/File\#(number % 97).swift","old_string":"\#(random.prose(200))","new_string":"\#(random.prose(300))"}"#
    let lines = Int.random(in: 2..<50, using: &random)
    let output = (0..<lines).map { _ in random.prose(50) }.joined(separator: #"\n"#)
    return answer(number, #"{"type":"tool_use","id":"toolu_\#(number)","name":\#(tool)}"#)
      + #"{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_\#(number)","type":"tool_result","content":"\#(output)","is_error":false}]},\#(tail),"tool_use_result":{"stdout":"\#(output)","stderr":"","interrupted":false,"isImage":false}}"#
      + "\n"
  }

  private static func answer(_ number: Int, _ block: String) -> String {
    #"{"type":"assistant","message":{"id":"msg_\#(number)","type":"message","role":"assistant","model":"bench-1","content":[\#(block)],"stop_reason":null,"usage":{"input_tokens":100,"cache_creation_input_tokens":0,"cache_read_input_tokens":1000,"output_tokens":1}},\#(tail)}"#
      + "\n"
  }
}
