import Basics

/// What `--version` prints, in git's form.
package let versionLine = "git-orch version \(Basics.version)"
