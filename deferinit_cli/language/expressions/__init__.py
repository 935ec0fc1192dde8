"""Expressions, references and names: the small languages inside the fields of a spec, parsed and evaluated."""
