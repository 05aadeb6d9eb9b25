"""One file a measure; each takes the rig and gives a result. The list of them is in gate.py."""
