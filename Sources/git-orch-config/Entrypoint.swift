import ConfigCommands
import OrchCommands

@main
struct Entrypoint {
  static func main() async {
    await CommandMain.run(ConfigCommand.self)
  }
}
