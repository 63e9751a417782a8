import HTTPClient
import OrchCommands

@main
struct Entrypoint {
  static func main() async {
    await CommandMain.run(RunCommand.self, askAPI: { try await URLSessionClient().send($0) })
  }
}
