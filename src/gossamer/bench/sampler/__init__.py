"""Put on the path of a process that is profiled, never imported by the bench: its sitecustomize samples from within."""
