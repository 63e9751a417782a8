import Basics
import SystemPackage

/// What `bwrap` gets before the program: namespaces of its own, no capabilities, and the profile's rules as mounts.
///
/// - No `--die-with-parent`: the system would kill `bwrap` when the *thread* ends that started it, and threads of ours
///   come and go. And an agent is to survive us, as it does without a sandbox: its stream is a file, and the run is
///   continued later. What is left in a sandbox carries the mark; with the first process in it, all of it ends.
/// - No `--new-session`: whatever we start leads a session without a terminal already, and `/dev` holds no terminal.
/// - `--cap-drop ALL`: root would otherwise keep what it needs to undo the mounts.
/// - Not `--as-pid-1`: a first process without handlers does not see SIGTERM.
func bubblewrapArguments(for profile: SandboxProfile, directory: FilePath?) -> [String] {
  var arguments = ["--unshare-all"]
  if profile.allowsNetwork { arguments.append("--share-net") }
  arguments += ["--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
  for name in kernelSettings { arguments += ["--ro-bind-try", "/proc/\(name)", "/proc/\(name)"] }
  for rule in profile.rules {
    let path = rule.path.string
    switch rule.access {
    // What has gone meanwhile needs no protection.
    case .readOnly: arguments += ["--ro-bind-try", path, path]
    case .replaced(let other): arguments += ["--ro-bind", other.string, path]
    case .writable: arguments += ["--bind", path, path]
    case .emptyFolder, .scratch: arguments += ["--tmpfs", path]
    // Reads as an empty file; an unreadable one is a fault to some programs.
    case .emptyFile: arguments += ["--dev-bind", "/dev/null", path]
    case .link(let target): arguments += ["--symlink", target, path]
    }
  }
  if let directory { arguments += ["--chdir", (directory.realPath ?? directory).string] }
  return arguments + ["--"]
}

/// What root may write below `/proc` also without capabilities: one value of `sys/kernel` names a program that the kernel
/// starts outside. bwrap 0.8 leaves some of it writable for root.
let kernelSettings = [
  "acpi", "asound", "bus", "driver", "dynamic_debug", "fs", "irq", "mtrr", "scsi", "sys", "sysrq-trigger",
]
