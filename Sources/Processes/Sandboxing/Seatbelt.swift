import SystemPackage

/// The profile in the language of macOS's sandbox, in which of the rules that fit the last one counts.
///
/// Not tried: no machine with macOS was at hand. Written after the profiles that macOS itself brings
/// (`/System/Library/Sandbox/Profiles`). It can hide, but not put something else in its place: an empty folder or file is
/// one that cannot be read or written, a replaced file as well; of temporary files only the folder of `TMPDIR` can be used,
/// with all that others have in it.
func seatbeltProfile(for profile: SandboxProfile) -> String {
  var lines = [
    "(version 1)", "(allow default)", "(deny file-write*)",
    #"(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (subpath "/dev/fd"))"#,
    // Other processes are neither seen nor signaled.
    "(deny process-info* (target others))", "(deny signal (target others))", "(allow signal (target same-sandbox))",
    // The keychain.
    #"(deny mach-lookup (global-name "com.apple.SecurityServer") (global-name "com.apple.securityd.xpc"))"#,
  ]
  // Its own loopback cannot be had, and the machine's is no part of it.
  if !profile.allowsNetwork { lines.append("(deny network*)") }
  for rule in profile.rules {
    let path = quoted(rule.path.string)
    switch rule.access {
    case .readOnly: lines += ["(allow file-read* (subpath \(path)))", "(deny file-write* (subpath \(path)))"]
    case .writable, .scratch: lines.append("(allow file-read* file-write* (subpath \(path)))")
    case .emptyFolder, .emptyFile, .replaced:
      // Its name may be seen: programs look at each folder on their way.
      lines.append("(deny file-read-data file-write* (subpath \(path)))")
    case .link: break
    }
  }
  return lines.joined(separator: "\n")
}

private func quoted(_ text: String) -> String {
  "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}
