import Basics

/// A JSON schema as the API takes it for structured answers: each object names all its members as required and allows no
/// others, so that what may be left out may be null instead; see https://platform.openai.com/docs/guides/structured-outputs.
func strictSchema(_ schema: String) -> String {
  guard let parsed = JSON(parsing: schema) else { return schema }
  return strict(parsed).text
}

private func strict(_ schema: JSON) -> JSON {
  guard case .object(let members) = schema else { return schema }
  var result = members
  if let items = members["items"] { result["items"] = strict(items) }
  guard case .object(let properties)? = members["properties"] else { return .object(result) }
  let required = Set(members["required"]?.elements.compactMap(\.string) ?? [])
  result["properties"] = .object(
    Dictionary(
      uniqueKeysWithValues: properties.map { name, property in
        (name, required.contains(name) ? strict(property) : nullable(strict(property)))
      }))
  result["required"] = .array(properties.keys.sorted().map { .string($0) })
  result["additionalProperties"] = .bool(false)
  return .object(result)
}

private func nullable(_ schema: JSON) -> JSON {
  guard case .object(var members) = schema, let type = members["type"]?.string else { return schema }
  members["type"] = .array([.string(type), .string("null")])
  if case .array(let values)? = members["enum"] { members["enum"] = .array(values + [.null]) }
  return .object(members)
}
