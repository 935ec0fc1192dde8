"""The spec language: from the text of a spec to a network whose sizes may be unknown. Shapes are inferred elsewhere, in `infer`."""
