"""Write down how one batch ended while the next one is under way: a second thread, one piece of work at a time.

While CeR works on a batch nobody here does, so the last one is settled in that time. What the thread
writes is what the caller would have written; only the caller's next step comes sooner. Order within a
subject is safe: a message is not claimed while an earlier one of its subject is not settled. A worker that
dies leaves one batch more in doubt. In the same way a page of Slots is taken in while the next one is received.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class Behind:
    """Does one piece of work in a thread of its own; the thread starts when it is first needed."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="settle")
        self._under_way: Future[None] | None = None

    def __enter__(self) -> Behind:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what is under way; its error is raised when there is no other."""
        self._thread.shutdown()
        if error is None:
            self.wait()

    def wait(self) -> bool:
        """Wait for what is under way; whether anything was. Raises what the work raised."""
        ended, self._under_way = self._under_way, None
        if ended is None:
            return False
        ended.result()
        return True

    def do(self, work: Callable[[], None]) -> None:
        """Begin ``work`` when what is under way has ended.

        Raises:
            What the last work raised; ``work`` is done by then.
        """
        try:
            self.wait()
        except BaseException:
            work()
            raise
        self._under_way = self._thread.submit(work)

    def do_here(self, work: Callable[[], None]) -> None:
        """Do ``work`` in the caller's thread when what is under way has ended; raises as :meth:`do`."""
        try:
            self.wait()
        finally:
            work()
