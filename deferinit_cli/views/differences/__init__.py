"""Views of a difference: one file per format, each with `render(found, options)`; files with an underscore are shared."""
