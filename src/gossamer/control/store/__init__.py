"""The state store: users, keys, agents and who changed them, in SQLite or Postgres. Nothing else speaks SQL."""
