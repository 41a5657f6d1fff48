"""The committed OFL fonts and `manifest.json`, which says what each face can write.

`generation.pipeline.glyphs.faces` gives typed access to them.
"""
