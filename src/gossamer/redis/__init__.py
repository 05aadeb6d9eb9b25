"""A client for Redis and Valkey, as much of one as counting needs. Knows no gateway."""
