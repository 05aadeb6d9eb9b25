"""Every request and every administrative change as an event, for those who must be able to tell who did what."""
