"""The shipped networks written a second time as PyTorch calls, from the papers: a function each, named as its spec."""
