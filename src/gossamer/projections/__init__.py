"""What is drawn from the journal and kept in files: who writes it, who asks it, and what both agree on."""
