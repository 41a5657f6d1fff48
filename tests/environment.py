"""Loaded by pytest before Django's settings: a data folder of the test run's own."""

import atexit
import os
import shutil
import tempfile

FOLDER = tempfile.mkdtemp(prefix="nc-test-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
os.mkdir(os.path.join(FOLDER, "static"))  # noqa: PTH102, PTH118 - WhiteNoise warns without it

os.environ["DATA_DIR"] = FOLDER
os.environ["LOCAL"] = "1"
os.environ["EMAIL_URL"] = "memory://"
os.environ.setdefault("SECRET_KEY", "for-tests-only")
os.environ.setdefault("LOG_LEVEL", "WARNING")
# Tiny pictures are sooner rendered than compiled; the tests of `llvm_ad_rgb` ask for it.
os.environ.setdefault("NANOCOCOA_MITSUBA_VARIANT", "scalar_rgb")
# TEST_REDIS_URL points the suite at a server that is already there; else it starts its own.
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")
# Playwright's sync API keeps an event loop in the test's thread; the ORM is used there knowingly.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
