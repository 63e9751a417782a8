import CommandDispatch

@main
struct Entrypoint {
  static func main() {
    dispatch(count: CommandLine.argc, arguments: CommandLine.unsafeArgv)
  }
}
