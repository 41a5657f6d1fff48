"""`make bench`: print how fast nanoCocoa is here. Compare runs on one machine, not figures."""

from __future__ import annotations

import argparse

from . import ad


def main() -> None:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    ad.bench(options.runs)


if __name__ == "__main__":
    main()
