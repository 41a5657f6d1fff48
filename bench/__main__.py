"""`make bench`: print how fast nanoCocoa is here. Compare runs on one machine, not figures."""

from __future__ import annotations

import argparse
import subprocess
import sys


def main() -> None:
    """Run the named benchmark: whole ads and the wire, or the cut-out's quality."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("what", nargs="?", choices=("ad", "cutout", "proof"), default="ad")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sample", type=int, default=0, help="proof: so many copies, 0 for all")
    parser.add_argument("--only", default="", help="proof: this material alone")
    parser.add_argument("--mutations", type=int, default=0, help="proof: so many broken words")
    options = parser.parse_args()
    if options.what == "proof":
        from . import proof

        proof.bench(proof.Scope(options.sample, options.only, options.mutations))
        return
    if options.what == "cutout":
        from . import cutout

        cutout.bench()
        return
    from . import ad

    ad.bench(options.runs)
    # A process of its own: it needs settings of its own before Django is set up.
    subprocess.run([sys.executable, "-m", "bench.live_latency"], check=True)


if __name__ == "__main__":
    main()
