"""Finished requests, one by one."""
