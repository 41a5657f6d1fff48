"""The three-stage ad pipeline: plain Python and NumPy, no Django, no queue, no settings."""
