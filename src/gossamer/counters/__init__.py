"""Where limits and budgets are counted: in memory, or in Redis for several workers and nodes."""
