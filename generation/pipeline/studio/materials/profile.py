"""The shapes of a stroke's cross-section, as parameters; `glyphs.mesh` builds them. Units: em."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cushion:
    """A stroke blown up like foil: a soap film over its outline, run out into a thin seam.

    `fullness` is height over half width; `seam` the width of the rim round the cushion and
    `seam_half` half its thickness; `fillet` (em squared of height) rounds the crease between them;
    `back` is how far behind the outline the flat back lies. A cushion has no sides: all that is
    seen of it is its front.
    """

    fullness: float = 1.35
    seam: float = 0.016
    seam_half: float = 0.012
    fillet: float = 0.0002
    back: float = 0.006


@dataclass(frozen=True)
class Bevel:
    """A stroke sawn out of a slab: extruded by `depth`, its front edge cut off at 45 degrees.

    `reach` is how far the bevel comes in from the outline. `crown` is the rise of an arch over the
    line, as a share of the line's height, that the front is shaded by: 0.053 mirrors 24 degrees
    above the viewer at the top to 24 below at the bottom, 0 is flat.
    """

    depth: float = 0.26
    reach: float = 0.050
    crown: float = 0.0


@dataclass(frozen=True)
class Rounded:
    """A stroke with quarter-round edges before and behind, level where it is wide enough.

    `radius` is that of the edges, `depth` the straight wall between them: 0 makes a round tube of
    a stroke whose half width is `radius`. `crown` as for `Bevel`.
    """

    radius: float
    depth: float = 0.0
    crown: float = 0.0


Profile = Cushion | Bevel | Rounded
