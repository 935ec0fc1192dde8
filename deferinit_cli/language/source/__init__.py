"""The text of a spec and the tree that is read from it, with the place of every key and value. No value is typed here."""
