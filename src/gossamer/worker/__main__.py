"""The entry of a worker process. The supervisor starts it; nobody types it."""

import sys

from gossamer.process.entry import main
from gossamer.worker.open_files import make_room_for_files
from gossamer.worker.process import serve

if __name__ == "__main__":
    make_room_for_files()
    sys.exit(main(serve))
