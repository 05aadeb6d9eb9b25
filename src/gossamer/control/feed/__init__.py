"""The control process's end of the feed: what workers ask, and what all of them are told."""
