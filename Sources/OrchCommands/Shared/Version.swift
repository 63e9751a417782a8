import OrchVersion

/// What `--version` prints, in git's form.
package let versionLine = "git-orch version \(OrchVersion.version)"
