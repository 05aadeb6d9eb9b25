"""Finished requests, kept to be searched: what a trace is, what can be asked, and where traces are stored."""
