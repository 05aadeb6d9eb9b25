"""A provider that is no provider: seeded answers, delays and faults, in process or as a server of its own."""
