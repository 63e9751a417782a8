// What Bitbucket sends and is sent, as far as it is of use here. What it may leave out is optional.

import Forges

struct BitbucketPage<Value: Decodable>: Decodable {
  var values: [Value]
  var next: String?
}

struct BitbucketUser: Decodable, Equatable {
  var uuid: String?
  var account_id: String?
  var nickname: String?
  var display_name: String?

  var name: String? { nickname ?? display_name }

  /// Whether both are the same account; never so for two of which nothing is known.
  func isSame(as other: BitbucketUser?) -> Bool {
    guard let other else { return false }
    if let uuid, let their = other.uuid { return uuid == their }
    if let account_id, let their = other.account_id { return account_id == their }
    return false
  }
}

struct BitbucketRepository: Decodable {
  struct Branch: Decodable {
    var name: String?
  }
  struct Parent: Decodable {
    var full_name: String?
  }
  var full_name: String?
  var mainbranch: Branch?
  var parent: Parent?
}

struct BitbucketBranch: Decodable {
  var merge_strategies: [String]?
  var default_merge_strategy: String?
}

struct BitbucketMember: Decodable {
  var user: BitbucketUser?
}

struct BitbucketLinks: Decodable {
  struct Link: Decodable {
    var href: String?
  }
  var html: Link?
}

struct BitbucketPullRequest: Decodable {
  struct End: Decodable {
    struct Branch: Decodable {
      var name: String
    }
    struct Commit: Decodable {
      var hash: String?
    }
    struct Repository: Decodable {
      var full_name: String?
    }
    var branch: Branch
    var commit: Commit?
    var repository: Repository?
  }
  struct Participant: Decodable {
    var user: BitbucketUser?
    var approved: Bool?
    /// `approved`, `changes_requested` or null.
    var state: String?
  }

  @ForgeNumber var id: Int
  var title: String?
  var description: String?
  var state: String
  var draft: Bool?
  var author: BitbucketUser?
  var source: End
  var destination: End
  var links: BitbucketLinks?
  var merge_commit: End.Commit?
  var participants: [Participant]?
  var reviewers: [BitbucketUser]?
  var created_on: String?
}

struct BitbucketComment: Decodable {
  struct Content: Decodable {
    var raw: String?
  }
  struct Inline: Decodable {
    var path: String?
    var to: Int?
  }
  var id: Int
  var content: Content?
  var inline: Inline?
  var user: BitbucketUser?
  var deleted: Bool?
  var links: BitbucketLinks?
}

struct BitbucketStatus: Decodable {
  var key: String?
  var name: String?
  var state: String
}

struct BitbucketMergeTask: Decodable {
  var task_status: String
}

/// `{"type": "error", "error": {"message", "detail", "fields"}}`; detail is a text, or names scopes.
struct BitbucketRefusal: Decodable {
  struct Problem: Decodable {
    enum Keys: String, CodingKey { case message, detail, fields }
    struct Scopes: Decodable {
      var required: [String]?
    }
    /// One text or a list of them; empty for anything else.
    struct Texts: Decodable {
      var texts: [String]

      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        texts = (try? value.decode([String].self)) ?? (try? value.decode(String.self)).map { [$0] } ?? []
      }
    }

    var message: String?
    var detail: String?
    var requiredScopes: [String]
    /// What is wrong with a field, by its name.
    var fields: [String: [String]]

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      message = try? values.decode(String.self, forKey: .message)
      detail = try? values.decode(String.self, forKey: .detail)
      requiredScopes = (try? values.decode(Scopes.self, forKey: .detail))?.required ?? []
      fields = ((try? values.decode([String: Texts].self, forKey: .fields)) ?? [:]).mapValues(\.texts)
    }
  }
  var error: Problem
}

// MARK: - What is sent

struct BitbucketNamed: Encodable {
  struct Name: Encodable {
    var name: String
  }
  struct Repository: Encodable {
    var full_name: String
  }
  var branch: Name
  /// Where it is, if that is not where the pull request is.
  var repository: Repository?

  init(branch: String, of repository: ForgeRepository? = nil) {
    self.branch = Name(name: branch)
    self.repository = repository.map { Repository(full_name: $0.slug) }
  }
}

struct BitbucketNewPullRequest: Encodable {
  var title: String
  var description: String
  var source: BitbucketNamed
  var destination: BitbucketNamed
  var close_source_branch = false
  var reviewers: [BitbucketReviewer]?
  var draft: Bool?
}

/// By one of both.
struct BitbucketReviewer: Encodable, Equatable {
  var uuid: String?
  var account_id: String?
}

struct BitbucketChangedPullRequest: Encodable {
  var title: String
  var description: String?
  var destination: BitbucketNamed
  /// Left out, all reviewers would be removed.
  var reviewers: [BitbucketReviewer]
}

struct BitbucketNewComment: Encodable {
  struct Content: Encodable {
    var raw: String
  }
  struct Inline: Encodable {
    var path: String
    var to: Int
  }
  var content: Content
  var inline: Inline?

  init(_ text: String, inline: Inline? = nil) {
    content = Content(raw: text)
    self.inline = inline
  }
}

struct BitbucketMerge: Encodable {
  var message: String
  var merge_strategy: String
  var close_source_branch = false
}
