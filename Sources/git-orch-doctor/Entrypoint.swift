import OrchCommands
import RunCommands

@main
struct Entrypoint {
  static func main() async {
    await CommandMain.run(DoctorCommand.self)
  }
}
