"""The worker's side: what runs in `manage.py worker` and in its engine process.

`worker` waits for messages and claims jobs; `job_run` takes one job through its stages;
`stage_run` runs one stage in the `engine_process`, whose other end is `engine_child`; `pulse` keeps
the heartbeat and lets `reconcile` mend what was lost.
"""
