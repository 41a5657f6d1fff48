"""Cutting a product out by hand: strokes of a finger, and the light process that follows them.

`strokes` judges what a browser sends; `cutter` is the web process's side of a small warm child
(`child`) that holds OpenCV, so that neither the web process nor the busy engine has to.
"""
