"""The MCP server: eight tools over the HTTP API, with the user's own key."""
