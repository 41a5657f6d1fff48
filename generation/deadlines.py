"""Every limit of a job's life in time and number, each with its reason. Seconds throughout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .pipeline.types import Stage

# A worker that has not renewed for this long is taken for dead. With RECONCILE_EVERY and the
# claim itself, a job of a killed worker is picked up again within 30 s.
LEASE: Final = 20.0
# Four renewals per lease: three may be late or fail on a locked database.
RENEW_LEASE_EVERY: Final = 5.0
# Lost leases, stuck rows and stale folders are looked for this often, by every worker.
RECONCILE_EVERY: Final = 5.0
# The worker's own row. A worker not heard of for three beats is shown as gone.
HEARTBEAT_EVERY: Final = 4.0
WORKER_SEEN_AS_GONE_AFTER: Final = 15.0

# How often the driving worker looks for a stop request, and so the longest it waits on the pipe.
LOOK_FOR_STOP_EVERY: Final = 0.2
# A stage that has not ended this long after it was asked to is killed with its process.
STOP_PATIENCE: Final = 5.0

# A merchant sees four steps a second as fluent; more would only load the database.
PROGRESS_EVERY: Final = 0.25
# A preview outlives the longest stage; after that the stored stage image is there.
PREVIEW_LIFETIME: Final = 900

# The longest a stage may take before its process is killed: some twenty times the usual.
STAGE_DEADLINE: Final[Mapping[Stage, float]] = {
    Stage.BACKGROUND: 420.0,
    Stage.TEXT: 300.0,
    Stage.COMPOSITION: 180.0,
}
# Stages report at least every 2 s; thirty times that without a word is a hang, even on a machine
# that is swapping or compiling its first kernels.
SILENCE_DEADLINE: Final = 90.0
# A child that was told to go gets this long before it is killed.
CHILD_EXIT_PATIENCE: Final = 1.0

# An engine that has to say first whether it can work gets this long: torch from a cold disk.
ENGINE_START_PATIENCE: Final = 180.0
# A worker whose engine cannot work asks it again after this long, with a fresh process.
REST_AFTER_TROUBLE: Final = 60.0

# How often a job may lose its worker or engine process before it is given up.
MAX_LOSSES: Final = 3
# RQ's own limit on one message: beyond every stage's deadline, three times over. Ours come first.
MESSAGE_TIMEOUT: Final = 3600

# Work folders older than this belong to nobody: twice the longest stage.
STALE_WORK_FOLDER: Final = 900.0
# A team's jobs that started within this time count against its turn.
FAIRNESS_WINDOW: Final = 600.0
# Pending jobs that are put in order and told their place; beyond, "more than this" is enough.
QUEUE_HORIZON: Final = 500

# A write that meets a locked or restarting database is tried again for this long.
DATABASE_PATIENCE: Final = 30.0
# An open page asks the rows this often whether the wire lost something.
CATCH_UP_EVERY: Final = 5.0
