"""Every limit of a draft's life, each with its reason. Seconds throughout."""

from __future__ import annotations

from typing import Final

# Wishes that nobody has drawn by now are those of a page that has gone or changed its mind.
WISHES_LIFETIME: Final = 30
# A picture is fetched at once; a page that sleeps may come back within a few minutes.
PICTURE_LIFETIME: Final = 300
# Numbers only have to grow while a page is open.
NUMBER_LIFETIME: Final = 86_400

# How often the worker asks whether a job or newer wishes have come.
LOOK_EVERY: Final = 0.1
# A sketch, the lettering and the passes come one after the other; ten a second is fluent.
SHOW_EVERY: Final = 0.1
# A draft takes one to five seconds, and its sketches are seen meanwhile; this long only on a
# machine that is busy with something else.
DEADLINE: Final = 60.0
# Rest after a draft before the other sets are photographed ahead: longer than typing pauses.
QUIET_BEFORE_AHEAD: Final = 2.0
# An engine that was told to stop and does not is replaced, as it is under a job.
CANCEL_PATIENCE: Final = 5.0

# The page asks at most three times a second; this often is no page of ours.
ASKS_PER_WINDOW: Final = 40
ASK_WINDOW: Final = 10

# Finished stages kept for the next drafts: about 1 MB each.
KEPT_STAGES: Final = 60
# How many more than that may gather before the oldest are removed.
STAGES_SLACK: Final = 12
