"""The agents process: an agent is a provider, whose model calls come back in through the front door."""
