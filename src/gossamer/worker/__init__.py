"""The data-plane process: HTTP in, the stages, HTTP out, the journal. Knows no SQL."""
