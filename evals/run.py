"""`python evals/run.py` is `editthinker eval`."""

import sys

from editthinker.evals.cli import main

if __name__ == "__main__":
    main(sys.argv[1:])
