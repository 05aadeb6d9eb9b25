"""`python -m gossamer` is `gossamer`."""

import sys

from gossamer.cli.main import main

sys.exit(main())
