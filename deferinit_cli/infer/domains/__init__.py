"""Which input sizes are valid: the conditions of all layers, and the set of sizes that satisfies them."""
