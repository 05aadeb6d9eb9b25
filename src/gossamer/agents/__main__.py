"""The entry of the agents' process. The supervisor starts it; nobody types it."""

import sys

from gossamer.agents.process import serve
from gossamer.process.entry import main

if __name__ == "__main__":
    sys.exit(main(serve, name="agents"))
