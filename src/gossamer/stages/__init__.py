"""The way of a request, one file a stage. Their order stands in gossamer.pipeline."""
