"""The path-traced studio: sets, camera, lights and rendering, on Mitsuba 3 and OIDN."""
