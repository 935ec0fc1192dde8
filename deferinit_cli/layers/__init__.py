"""Layer kinds and what they are written with. Nothing outside this package names a kind."""
