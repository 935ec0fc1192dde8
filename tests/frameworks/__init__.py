"""Facts about Keras, Flax and MXNet, which no test imports; `make.py` made them."""
