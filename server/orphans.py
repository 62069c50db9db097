"""Worker processes that do not outlive the process that started them."""

import multiprocessing
import os
import threading
import time

LOOK_SECONDS = 0.25


def leave_with_parent() -> None:
    """End this process soon after its parent, however that one ended.

    A killed parent leaves its workers listening, beyond anybody's control and in the way of the
    next start. Leaving at once loses nothing that was answered.
    """
    started_by = multiprocessing.parent_process()
    # the one that started this process may be gone by now, and somebody else be the parent
    parent = os.getppid() if started_by is None else started_by.pid
    threading.Thread(target=_watch, args=(parent,), name="leave-with-parent", daemon=True).start()


def _watch(parent: int | None) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)  # a normal exit would wait for requests that nobody will be told of
