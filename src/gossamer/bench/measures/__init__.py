"""One file a measure; each takes the rig and gives its results. The list of them is in gate.py."""
