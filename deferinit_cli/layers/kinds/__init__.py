"""The layer kinds, one file a kind or a closely related family. Adding a kind adds a file here and a table of cases to the tests."""
