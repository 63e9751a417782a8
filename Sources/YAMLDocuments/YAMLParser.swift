import CLibyaml

/// One step of a YAML text.
struct YAMLEvent {
  enum Kind {
    case documentStart
    case alias(String)
    case scalar(YAMLScalar)
    case sequenceStart
    case mappingStart
    /// Of a sequence or a mapping.
    case collectionEnd
  }

  let kind: Kind
  let position: SourcePosition
  var tag: String?
  var anchor: String?
}

/// libyaml's parser over bytes that outlive it. It keeps its own stack, so that no nesting is too deep for it.
struct YAMLParser: ~Copyable {
  private let bytes: UnsafeBufferPointer<UInt8>
  /// At one address all its life: libyaml keeps pointers into it.
  private let parser: UnsafeMutablePointer<yaml_parser_t>

  /// - Parameter bytes: UTF-8; not empty.
  init(_ bytes: UnsafeBufferPointer<UInt8>) throws(YAMLFault) {
    self.bytes = bytes
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      // Nothing is left for `yaml_parser_delete`, which it has called itself.
      parser.deallocate()
      throw YAMLFault(.syntax("there is not enough memory to read it", context: nil), at: nil)
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The next event of interest; `nil` at the end of the text.
  mutating func next() throws(YAMLFault) -> YAMLEvent? {
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
      defer { yaml_event_delete(&event) }
      switch event.type {
      case YAML_NO_EVENT, YAML_STREAM_END_EVENT: return nil
      case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
      default: return YAMLEvent(event)
      }
    }
  }

  private func fault() -> YAMLFault {
    let error = parser.pointee
    switch error.error {
    case YAML_READER_ERROR where error.problem_value >= 0:
      // Swift's strings are valid UTF-8, so that only control characters are left to complain about.
      return YAMLFault(
        .unreadableCharacter(UInt32(error.problem_value)), at: position(ofByte: Int(error.problem_offset)))
    case YAML_MEMORY_ERROR:
      return YAMLFault(.syntax("there is not enough memory to read it", context: nil), at: nil)
    default:
      let context = error.context.map { "\(String(cString: $0)), line \(error.context_mark.line + 1)" }
      let problem = error.problem.map { String(cString: $0) } ?? "it cannot be read"
      return YAMLFault(.syntax(problem, context: context), at: SourcePosition(error.problem_mark))
    }
  }

  private func position(ofByte offset: Int) -> SourcePosition {
    let before = bytes.prefix(offset)
    let lastLine = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).last ?? before
    // Bytes 10xxxxxx go on with a character.
    let column = lastLine.count { $0 & 0xC0 != 0x80 } + 1
    return SourcePosition(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: column)
  }
}

extension YAMLEvent {
  /// - Parameter event: Any but those of the stream and of a document's end.
  fileprivate init(_ event: yaml_event_t) {
    position = SourcePosition(event.start_mark)
    switch event.type {
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_ALIAS_EVENT: kind = .alias(Self.text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      // By its length: an escape may have put a NUL in.
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      kind = .scalar(YAMLScalar(text: text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE))
      tag = Self.text(scalar.tag)
      anchor = Self.text(scalar.anchor)
    case YAML_SEQUENCE_START_EVENT:
      kind = .sequenceStart
      tag = Self.text(event.data.sequence_start.tag)
      anchor = Self.text(event.data.sequence_start.anchor)
    case YAML_MAPPING_START_EVENT:
      kind = .mappingStart
      tag = Self.text(event.data.mapping_start.tag)
      anchor = Self.text(event.data.mapping_start.anchor)
    default: kind = .collectionEnd
    }
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(decodingCString: $0, as: UTF8.self) }
  }
}

extension SourcePosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}
