import OrchVersion

/// What `--version` prints, in git's form.
let versionLine = "git-orch version \(OrchVersion.version)"
