"""How an agent goes about its work: one file a pattern, each a table of states and transitions without I/O."""
