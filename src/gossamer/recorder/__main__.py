"""The entry of the recorder. The supervisor starts it; nobody types it."""

import sys

from gossamer.process.entry import main
from gossamer.recorder.process import serve

if __name__ == "__main__":
    sys.exit(main(serve, name="recorder"))
