import Basics

/// A host as ssh calls it, and how many jobs of ours it may have.
package struct SSHHostChoice: Sendable, Equatable {
  package let name: String
  /// nil for any number.
  package let limit: Int?

  package init(name: String, limit: Int?) {
    self.name = name
    self.limit = limit
  }
}

extension SettingType where Value == [SSHHostChoice] {
  /// `build1`, `me@build2`, each with the most jobs that it takes, if there is such a number: `build1=4`.
  static var sshHosts: Self {
    let list = SettingType<[String]>.list
    return SettingType(name: list.name, isList: true) { values throws(ValueFault) in
      var hosts: [SSHHostChoice] = []
      for text in try list.parse(values) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = try SettingType<String>.sshHostName(parts[0])
        var limit: Int?
        if parts.count > 1 {
          guard let number = Int(parts[1].trimmed), (1...10000).contains(number) else {
            throw ValueFault(bad: "host", text, advice: "after = comes the most jobs that it takes, such as build1=4")
          }
          limit = number
        }
        guard !hosts.contains(where: { $0.name == name }) else {
          throw ValueFault(bad: "host", text, advice: "it is there twice")
        }
        hosts.append(SSHHostChoice(name: name, limit: limit))
      }
      return hosts
    } format: {
      $0.map { host in host.limit.map { "\(host.name)=\($0)" } ?? host.name }.joined(separator: ",")
    }
  }
}

extension SettingType where Value == String {
  /// A host as ssh calls it.
  static var sshHost: Self {
    scalar("string") { text throws(ValueFault) in
      guard let text else { throw .missing }
      return try sshHostName(text)
    } format: {
      $0
    }
  }

  fileprivate static func sshHostName(_ text: String) throws(ValueFault) -> String {
    let name = text.trimmed
    guard !name.isEmpty, !name.hasPrefix("-"), name.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value < 127 }),
      !name.contains(where: { "'\"\\`$;&|<>()/=".contains($0) })
    else {
      throw ValueFault(bad: "host", text, advice: "write it as ssh takes it, such as build1 or me@build2")
    }
    return name
  }

  /// A folder on another machine: a plain name, as it comes into scripts there.
  static var sshFolder: Self {
    scalar("string") { text throws(ValueFault) in
      guard let text else { throw .missing }
      let plain = text.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "._/+@,=-".unicodeScalars.contains(scalar))
      }
      guard !text.isEmpty, plain, !text.hasPrefix("-"), !text.split(separator: "/").contains("..") else {
        throw ValueFault(
          bad: "folder", text,
          advice: "it must be of letters, digits and ._/+@,=- alone; relative ones are in your home there")
      }
      return text
    } format: {
      $0
    }
  }
}
