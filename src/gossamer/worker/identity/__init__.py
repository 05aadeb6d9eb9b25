"""Who is calling, as one worker knows it: what the control process has said, kept for as long as it may be believed."""
