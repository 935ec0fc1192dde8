"""Views of a run of checks: one file per format, each with `render(run)`; files with an underscore are shared."""
