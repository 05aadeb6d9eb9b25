"""What Prometheus is told: sums over all records of this node, right with several workers and after restarts."""
