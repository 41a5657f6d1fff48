"""The diffusion engine: the same three stages by models on an NVIDIA GPU.

Who needs a model asks `residency.the_residency()`; nothing here imports torch until then.
"""
