import HTTPClient
import OrchCommands

@main
struct Entrypoint {
  static func main() async {
    await CommandMain.run(GenerateCommand.self, askAPI: { try await URLSessionClient().send($0) })
  }
}
