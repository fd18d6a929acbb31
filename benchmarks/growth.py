"""How time and memory grow with the corpus: one cold byte-level BPE recipe, 10 MB to 1 GB.

    python benchmarks/growth.py [--sizes 10 30 100 300 1000] [--rival-until 300]

The text is this machine's source code, Python first, each file once; the last row is all there is
if there is less. Every run is a process of its own; `tokenizers` is asked up to some size only.
"""

import argparse
import tempfile
from pathlib import Path

from processes import measured
from texts import as_file


def main() -> None:
    """Print a row a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 30, 100, 300, 1000])
    parser.add_argument("--rival-until", type=int, default=300)
    told = parser.parse_args()
    script = str(Path(__file__).with_name("training.py"))
    print("     MB |  tokbench s    MB | tokenizers s    MB | ratio")
    for size in told.sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = as_file("every-source", size, Path(folder))
            megabytes = path.stat().st_size / 1e6
            ours = measured(script, "tokbench", path)
            row = f"{megabytes:7.0f} | {ours['seconds']:11.2f} {ours['peak']:5}"
            if size <= told.rival_until:
                theirs = measured(script, "tokenizers", path)
                same = "" if theirs["merges"] == ours["merges"] else "  OTHER MERGES"
                ratio = theirs["seconds"] / ours["seconds"]
                row += f" | {theirs['seconds']:12.2f} {theirs['peak']:5} | {ratio:5.1f}{same}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
