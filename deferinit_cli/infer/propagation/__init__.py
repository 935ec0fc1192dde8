"""Inference itself: facts are propagated through the relations of all layers until nothing more follows."""
