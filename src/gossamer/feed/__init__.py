"""What workers and the control process say to each other over their Unix socket."""
