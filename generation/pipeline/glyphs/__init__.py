"""Exact Hangul as geometry: faces, shaping, meshes, and the proof that the words are right.

Importing the package is free; `faces` needs nothing but the standard library, the others bring
HarfBuzz, OpenCV and scikit-image.
"""
