import CLibgit2

/// The rules for names of branches.
package enum BranchName {
  /// Whether git would accept `name` for a new branch, as `git check-ref-format --branch` judges it.
  package static func isValid(_ name: String) -> Bool {
    guard (try? Libgit2.start()) != nil else { return false }
    guard !name.utf8.contains(0) else { return false }
    var isValid: Int32 = 0
    return git_branch_name_is_valid(&isValid, name) == 0 && isValid != 0
  }
}
