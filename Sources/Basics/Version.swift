/// The version of the whole suite, as `git orch --version` and each command print it.
package let version = "0.1.0"
