"""Live drafts: small pictures by the real engine while the form is being filled.

A draft is no job: it has no row, waits in one slot per person where the newest wishes replace the
older, and is drawn only while no job waits or runs. `slots` and `pictures` keep it in Redis,
`drawing` is the worker's side, `stage_store` the stages that the next draft can start from.
"""
