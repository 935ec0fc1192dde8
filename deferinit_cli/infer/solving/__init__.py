"""The inverse of inference: input sizes and arguments left open that fit known shapes."""
