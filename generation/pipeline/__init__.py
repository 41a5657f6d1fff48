"""The three-stage ad pipeline. Plain Python and NumPy: it imports no Django, no queue, no settings."""
