"""The tree of a file compiled to items, blocks and arguments, once per place in the text. No layer instance is created here."""
