"""Pages, actions and files of jobs."""
