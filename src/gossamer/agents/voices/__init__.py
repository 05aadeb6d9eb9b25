"""How a run is told to its client: one file a dialect."""
