"""Two networks, locks or weights files side by side: what differs, and whether a checkpoint fits."""
