import HTTPClient
import OrchCommands

@main
struct Entrypoint {
  static func main() async {
    await CommandMain.run(YoloCommand.self, askAPI: { try await URLSessionClient().send($0) })
  }
}
