import Settings

extension MCPRegistry {
  /// What is known from the start. Programs are run as they are installed, never fetched on the way: a name that a
  /// registry does not have any more would otherwise be somebody else's to take.
  static let known: [MCPServer] = [
    // Jira and Confluence. Atlassian runs the server; the client signs in with the browser.
    MCPServer(name: "atlassian", authentication: .oauth).with {
      $0.url = "https://mcp.atlassian.com/v1/mcp"
    },
    // Reads `.env` where it stands. Needs the first generation of the mcp package.
    MCPServer(name: "bitbucket", authentication: .environment).with {
      $0.program = "mcp-server-bitbucket"
      $0.package = "mcp-server-bitbucket"
      $0.variables = ["BITBUCKET_WORKSPACE", "BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN"]
      $0.startsApart = true
      $0.setup = "pipx install mcp-server-bitbucket && pipx inject mcp-server-bitbucket 'mcp<2'"
    },
    MCPServer(name: "chrome", authentication: .preconfigured).with {
      $0.program = "chrome-devtools-mcp"
      $0.package = "chrome-devtools-mcp"
      // Each agent gets a browser of its own, with no profile of the user's.
      $0.arguments = ["--headless", "--isolated"]
      $0.startsApart = true
      $0.setup = "npm install -g chrome-devtools-mcp"
    },
    // Its folders are those that the client names: the agent's worktree.
    MCPServer(name: "filesystem", authentication: .preconfigured).with {
      $0.program = "mcp-server-filesystem"
      $0.package = "@modelcontextprotocol/server-filesystem"
      $0.arguments = ["."]
      $0.setup = "npm install -g @modelcontextprotocol/server-filesystem"
    },
    MCPServer(name: "github", authentication: .environment).with {
      $0.program = "github-mcp-server"
      $0.arguments = ["stdio"]
      $0.package = "github.com/github/github-mcp-server/cmd/github-mcp-server"
      $0.variables = ["GITHUB_PERSONAL_ACCESS_TOKEN"]
      $0.optionalVariables = ["GITHUB_HOST"]
      $0.startsApart = true
      $0.setup = "go install github.com/github/github-mcp-server/cmd/github-mcp-server@latest"
    },
    MCPServer(name: "linear", authentication: .oauth).with {
      $0.url = "https://mcp.linear.app/mcp"
    },
    MCPServer(name: "postgres", authentication: .environment).with {
      $0.program = "postgres-mcp"
      $0.package = "postgres-mcp"
      // Reads only, in transactions that cannot write.
      $0.arguments = ["--access-mode=restricted"]
      $0.variables = ["DATABASE_URL"]
      $0.renamed = ["DATABASE_URI": "DATABASE_URL"]
      $0.startsApart = true
      $0.setup = "pipx install postgres-mcp"
    },
  ]
}
