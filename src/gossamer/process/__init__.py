"""What every process has that the supervisor starts: its entry, and the link through which it is told what to do."""
