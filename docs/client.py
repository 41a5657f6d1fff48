# ruff: noqa: INP001 - a script of its own
"""A complete client: asks for an ad, follows it, saves it. Needs Python 3.11 and httpx.

python docs/client.py --site http://127.0.0.1:8000 --key nc_… --photo photo.jpg --copy "오늘만 특가"
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any

import httpx


class Refused(Exception):  # noqa: N818 - the API's word
    """The API's answer to a request that it does not carry out."""


class NanoCocoa:
    """One site and one key."""

    def __init__(self, site: str, key: str) -> None:
        self.http = httpx.Client(
            base_url=site, headers={"Authorization": f"Bearer {key}"}, timeout=60
        )

    def generate(self, photo: Path, **wishes: Any) -> str:
        """Ask for an ad and return its job's id; the same request again is the same job."""
        content = photo.read_bytes()
        told = repr(sorted(wishes.items())).encode()
        retry_key = hashlib.sha256(content + told).hexdigest()
        answer = self.http.post(
            "/api/generate",
            data=wishes,
            files={"product_image": (photo.name, content)},
            headers={"Idempotency-Key": retry_key},
        )
        return str(self._told(answer)["job_id"])

    def follow(self, job: str) -> dict[str, Any]:
        """Print how the job goes until it has ended; return its status."""
        after, done = 0, False
        while not done:
            query = {"after": after, "wait": 5}
            told = self._told(self.http.get(f"/api/jobs/{job}/events", params=query))
            for event in told["events"]:
                if "progress_percent" in event:
                    print(f"{event['progress_percent']:5.1f} %  {event.get('message', '')}")
            after, done = told["last_seq"], told["done"]
        return self._told(self.http.get(f"/api/status/{job}"))

    def picture(self, job: str) -> bytes:
        """Return the finished ad as PNG."""
        answer = self.http.get(f"/api/jobs/{job}/images/final", headers={"Accept": "image/png"})
        if answer.is_error:
            self._told(answer)
        return answer.content

    @staticmethod
    def _told(answer: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = answer.json()
        if answer.is_error:
            raise Refused(f"{answer.status_code} {body['code']} {body['field']}: {body['message']}")
        return body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", default="http://127.0.0.1:8000")
    parser.add_argument("--key", required=True)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--copy", required=True)
    parser.add_argument("--background", default="market")
    parser.add_argument("--text", default="gold_balloon")
    parser.add_argument("--out", type=Path, default=Path("ad.png"))
    told = parser.parse_args()
    client = NanoCocoa(told.site, told.key)
    try:
        job = client.generate(
            told.photo,
            ad_text=told.copy,
            background_style=told.background,
            text_style=told.text,
        )
        status = client.follow(job)
        if status["status"] != "completed":
            sys.exit(f"{status['status']}: {status['message']}")
        told.out.write_bytes(client.picture(job))
    except Refused as refused:
        sys.exit(str(refused))
    print(f"saved {told.out}")


if __name__ == "__main__":
    main()
