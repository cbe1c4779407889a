"""`python -m u2net` is the command line."""

import sys

from u2net.cli import main

sys.exit(main())
