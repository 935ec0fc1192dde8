"""The catalogue of kinds, to read: a file per format."""
