"""The faults of a provider, each sent through a gateway: what the client saw, how often was asked, what was billed."""
