/// Makes the tree of a document out of its events, with a stack of its own instead of recursion.
struct YAMLTreeBuilder {
  private(set) var root: YAMLNode?
  var faults: [YAMLFault] = []

  private let extras: YAMLDocument.Extras
  private let limits: YAMLLimits
  /// The list or map that is being read, after those that it is in.
  private var open: [OpenCollection] = []
  private var count = 0
  private var anchors: Set<String> = []
  private var hasDocument = false

  /// They say no more than the value's looks do; "!" is a text whatever it looks like.
  private static let harmlessTags: Set = [
    "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map",
  ]

  init(extras: YAMLDocument.Extras, limits: YAMLLimits) {
    self.extras = extras
    self.limits = limits
  }

  mutating func add(_ event: YAMLEvent) throws(YAMLFault) {
    try check(event)
    switch event.kind {
    case .documentStart:
      guard !hasDocument else { throw YAMLFault(.secondDocument, at: event.position) }
      hasDocument = true
    case .scalar(let scalar):
      try add(.scalar(scalar), event)
    case .alias(let name):
      guard anchors.contains(name) else { throw YAMLFault(.alias, at: event.position) }
      try add(.alias(name), event)
    case .sequenceStart, .mappingStart:
      guard open.count < limits.depth else { throw YAMLFault(.limit(.depth(limits.depth)), at: event.position) }
      open.append(OpenCollection(event))
    case .collectionEnd:
      guard let done = open.popLast() else { return }
      try add(done.content, done.start)
    }
  }

  private mutating func check(_ event: YAMLEvent) throws(YAMLFault) {
    if let anchor = event.anchor {
      guard extras.contains(.anchors) else { throw YAMLFault(.alias, at: event.position) }
      anchors.insert(anchor)
    }
    if let tag = event.tag, !extras.contains(.tags), !Self.harmlessTags.contains(tag) {
      faults.append(YAMLFault(.tag(tag), at: event.position))
    }
  }

  private mutating func add(_ content: YAMLNode.Content, _ event: YAMLEvent) throws(YAMLFault) {
    count += 1
    guard count <= limits.nodes else { throw YAMLFault(.limit(.nodes(limits.nodes)), at: event.position) }
    let node = YAMLNode(content, at: event.position, tag: event.tag, anchor: event.anchor)
    guard let parent = open.last else {
      root = node
      return
    }
    if let fault = parent.add(node) { faults.append(fault) }
  }
}

/// A list or map whose end is not there yet. A class, so that what it holds is not copied for each item.
private final class OpenCollection {
  let start: YAMLEvent
  private let isMapping: Bool
  private var items: [YAMLNode] = []
  private var entries: [YAMLEntry] = []
  /// The key whose value comes next.
  private var key: YAMLNode?
  /// Where each key stands.
  private var lines: [String: Int] = [:]

  init(_ start: YAMLEvent) {
    self.start = start
    isMapping = if case .mappingStart = start.kind { true } else { false }
  }

  var content: YAMLNode.Content { isMapping ? .mapping(entries) : .sequence(items) }

  /// - Returns: what is wrong with it as a key.
  func add(_ node: YAMLNode) -> YAMLFault? {
    guard isMapping else {
      items.append(node)
      return nil
    }
    if let key {
      entries.append(YAMLEntry(key: key, value: node))
      self.key = nil
      return nil
    }
    key = node
    guard let name = node.text else { return nil }
    guard let line = lines[name] else {
      lines[name] = node.position.line
      return nil
    }
    return YAMLFault(.duplicateKey(name, firstLine: line), at: node.position)
  }
}
