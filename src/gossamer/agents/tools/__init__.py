"""What agents may use: servers of the Model Context Protocol, Python functions, and one another."""
