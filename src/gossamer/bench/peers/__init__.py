"""Other gateways beside this one: their manifests, their environments, and the one table that comes of a run."""
