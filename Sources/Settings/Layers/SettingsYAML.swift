import YAMLDocuments
import Yams

/// Reads one YAML document, and refuses what a settings file has no use for: anchors, aliases and tags.
enum SettingsYAML {
  struct Fault: Equatable {
    /// From 1.
    let line: Int?
    let column: Int?
    let message: String

    init(mark: Mark?, message: String) {
      self.init(line: mark?.line, column: mark?.column, message: message)
    }

    init(line: Int?, column: Int?, message: String) {
      self.line = line
      self.column = column
      self.message = message
    }
  }

  struct Faults: Error {
    let all: [Fault]
  }

  private static let noAliases = "anchors and aliases are not allowed here; write the value out"

  /// The document; nil for an empty text.
  static func root(of yaml: String) -> Result<Node?, Faults> {
    if let (line, column) = YAMLAliasLimit.firstExcess(in: yaml) {
      return .failure(Faults(all: [Fault(line: line, column: column, message: noAliases)]))
    }
    do {
      // Yams knows anchors only as long as the parser lives; without resolver rules no scalar costs a regular expression.
      let parser = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8)
      return try withExtendedLifetime(parser) {
        guard let root = try parser.singleRoot() else { return .success(nil) }
        var faults: [Fault] = []
        refuseExtras(in: root, &faults)
        return faults.isEmpty ? .success(root) : .failure(Faults(all: faults))
      }
    } catch let error as YamlError {
      return .failure(Faults(all: [fault(error, in: yaml)]))
    } catch {
      return .failure(Faults(all: [Fault(mark: nil, message: "not valid YAML: \(error)")]))
    }
  }

  /// An alias shows as the node it stands for, so it is enough never to go below an anchor.
  private static func refuseExtras(in node: Node, _ faults: inout [Fault]) {
    if node.anchor != nil {
      add(Fault(mark: node.mark, message: noAliases), to: &faults)
      return
    }
    let tag = node.tag.rawValue
    // "!" is how the parser marks a quoted text, and an implicit one has no name.
    if !["", "!", Tag.Name.str.rawValue, Tag.Name.seq.rawValue, Tag.Name.map.rawValue].contains(tag) {
      add(Fault(mark: node.mark, message: "tags such as '\(printable(tag))' are not allowed here"), to: &faults)
    }
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        refuseExtras(in: key, &faults)
        refuseExtras(in: value, &faults)
      }
    case .sequence(let sequence):
      for item in sequence { refuseExtras(in: item, &faults) }
    case .scalar, .alias:
      break
    }
  }

  private static func add(_ fault: Fault, to faults: inout [Fault]) {
    if !faults.contains(fault) { faults.append(fault) }
  }

  private static func fault(_ error: YamlError, in yaml: String) -> Fault {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      // "found undefined alias" is about aliases, whatever else is wrong with it.
      if problem.contains("alias") { return Fault(mark: mark, message: noAliases) }
      if problem.contains("expected a single document") || problem.contains("but found another document") {
        return Fault(mark: mark, message: "there is more than one document; settings must be one")
      }
      let place = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      return Fault(mark: mark, message: "not valid YAML: \(problem)\(place)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.sorted().map { "'\(printable($0))'" }.joined(separator: ", ")
      return Fault(mark: context.mark, message: "\(keys) is given twice")
    case .reader:
      return firstUnreadable(in: yaml)
    default:
      return Fault(mark: nil, message: "not valid YAML: \(error)")
    }
  }

  private static func firstUnreadable(in yaml: String) -> Fault {
    var (line, column) = (1, 1)
    for scalar in yaml.unicodeScalars {
      if !isPrintable(scalar) {
        let name = "U+" + String(scalar.value, radix: 16, uppercase: true)
        return Fault(
          line: line, column: column,
          message: "not valid YAML: the character \(name) may only be written as an escape in double quotes")
      }
      (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
    }
    return Fault(line: nil, column: nil, message: "not valid YAML: it contains a character that YAML does not allow")
  }

  /// What YAML 1.2 allows outside of escapes (section 5.1).
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
      true
    default: false
    }
  }
}

extension Node {
  /// null, in any of YAML's spellings: the setting is not set.
  var isNothing: Bool {
    guard let scalar else { return false }
    return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  /// What stands there, for messages.
  var kind: String {
    switch self {
    case .scalar(let scalar): isNothing ? "nothing" : "the string '\(printable(scalar.string))'"
    case .mapping: "a map"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}
