"""Shape inference over a network, and what can be asked of its result."""
