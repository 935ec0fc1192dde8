"""Conflicts explained: the smallest set of declared facts that cannot all hold, with their places in the spec."""
