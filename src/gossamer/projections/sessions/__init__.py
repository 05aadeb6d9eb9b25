"""Conversations: the finished requests of one session, in their order."""
