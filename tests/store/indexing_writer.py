"""Opens a gallery that wants an index, begins to build it, and waits to be killed.

Run as `indexing_writer.py FOLDER`; says on stdout which process builds.
"""

import os
import sys
import time
from pathlib import Path

from tests.store.test_searched_faces import opened


def main(folder: Path) -> None:
    gallery = opened(folder)
    gallery.flush()
    os.write(1, f"{gallery._faces._index._builder.pid}\n".encode())
    time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
