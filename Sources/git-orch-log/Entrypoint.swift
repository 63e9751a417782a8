import OrchCommands

@main
struct Entrypoint {
  static func main() async {
    await CommandMain.run(LogCommand.self)
  }
}
