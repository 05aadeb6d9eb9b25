"""What makes one stage of a gateway slower, to test the yardstick with."""
