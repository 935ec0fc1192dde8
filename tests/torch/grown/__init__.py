"""Random networks over the whole language, as text and as PyTorch runs them; neither side knows the other's shapes.

`model` is a network as data, `writing` its text, `running` the language run with PyTorch. `growing` makes networks that
PyTorch accepts, `mutating` changes them, `judging` compares the verdicts, shapes and values, `reducing` makes a case small.
"""
