"""Why a size has its value and what an unknown size waits for, read from the facts that inference recorded."""
