import Basics
import Engine
import Git
import Processes
import Settings
import SystemPackage

extension Preflight {
  /// How long a signature may take: somebody may have to type a passphrase into a window.
  private static let signingLimit = Duration.seconds(30)

  /// Makes one signed commit that nobody ever sees, where the user's configuration signs all: an agent whose commits fail
  /// finds that out when its work is done. nil where nothing is signed.
  package func signing() async -> Fact? {
    let name = "Signing"
    guard Self.isTrue(agentValue("commit.gpgsign")) else { return nil }
    let format = agentValue("gpg.format").flatMap(\.self) ?? "openpgp"
    let advice = [
      "try it yourself with \"git commit-tree -S -m test 'HEAD^{tree}'\"",
      "or let commits be unsigned here: git config commit.gpgSign false",
    ]
    do {
      let output = try await withScratchFolder(place.environment) { folder in
        // As agents have it: what was said for this one command line does not reach them.
        let git = GitCommand(
          directory: place.checkout ?? place.commonDirectory,
          environment: GitVariables.droppingCommandLineValues(place.environment)
        ).adding([
          "GIT_OBJECT_DIRECTORY": folder.string,
          "GIT_ALTERNATE_OBJECT_DIRECTORIES": "\(place.commonDirectory)/objects",
        ])
        return try await git.run(
          .recording, ["commit-tree", "-S", "-m", "orch: can commits be signed?", Self.emptyTree],
          timeout: Self.signingLimit)
      }
      if output.isSuccess { return Fact(name, .good, "commits are signed (\(format))") }
      return Fact(
        name, .fault, "commits cannot be signed, which 'commit.gpgSign' demands: \(Self.oneLine(output.complaint))",
        advice: advice)
    } catch let error as GitError where error.code == .cancelled {
      return nil
    } catch let error as GitError where error.code == .timedOut {
      return Fact(
        name, .fault,
        "a signature, which 'commit.gpgSign' demands, was not there after \(Self.signingLimit.components.seconds) s: "
          + "it may wait for a passphrase",
        advice: ["unlock the key first, then try again"] + advice.dropFirst())
    } catch {
      return Fact(name, .unknown, "whether commits can be signed is not known: \(FileSystem.reason(error))")
    }
  }

  /// What git has without an object for it.
  private static let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

  static func oneLine(_ text: String) -> String { plainText(text, limit: 500) }

  static func isTrue(_ value: String??) -> Bool {
    guard case .some(let inner) = value else { return false }
    // A key alone means true.
    guard let text = inner?.lowercased() else { return true }
    return !["", "0", "false", "no", "off"].contains(text)
  }

  /// A value as it is for agents: nil when nobody set it, `.some(nil)` for a key without a value.
  func agentValue(_ key: String) -> String?? {
    place.settings.listing.entries.last { $0.key == key && $0.scope != .command && $0.scope != .team }.map(\.value)
  }
}
