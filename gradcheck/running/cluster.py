"""A Dask cluster as an executor of the runner: `gradcheck run --dask ADDRESS`, with the extra `dask`.

Dask runs the tasks of a worker that died on others, and gives one up once it has killed several. What is
done here: checking that all workers measure with the same software, and noticing when none remain.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from gradcheck.errors import ClusterError
from gradcheck.records.judged_rows import DeviceRow, Workers
from gradcheck.records.machine import Description, describe

REPLY = 10.0  # seconds within which a scheduler answers and a first worker is there
DESERTED = 60.0  # seconds without any worker after which a run gives up

#: What decides the figures, and must be the same everywhere.
SAME = ("dezero-gradcheck", "numpy", "python-flint", "sympy")


@dataclass(frozen=True)
class Cluster:
    """A cluster that measures.

    Attributes:
        executor: performs tasks on the workers, in the interface of `concurrent.futures`.
        workers: the address of each worker there was at the start -> what it is.
    """

    executor: Executor
    workers: Mapping[str, Description]

    def devices(self) -> list[DeviceRow]:
        """The devices that every worker has; where workers differ, all that they say."""
        found = [worker["devices"] for worker in self.workers.values()]
        everywhere = sorted(set.intersection(*(set(devices) for devices in found)))
        return [_merged_devices([devices[d] for devices in found]) for d in everywhere]

    def no_gpu(self) -> str:
        """Why the GPU cannot be measured on, or empty."""
        lacking = [f"worker {a}: {w['no_gpu']}" for a, w in self.workers.items() if w["no_gpu"]]
        return lacking[0] if lacking else ""

    def alike(self) -> list[Workers]:
        """The workers for the run's row: machines and versions, without addresses."""
        counts: Counter[str] = Counter()
        found: dict[str, Description] = {}
        for worker in self.workers.values():
            key = repr((worker["machine"], worker["versions"]))
            counts[key] += 1
            found[key] = worker
        return [
            Workers(count=counts[key], machine=worker["machine"], versions=worker["versions"])
            for key, worker in found.items()
        ]


def _merged_devices(found: Sequence[DeviceRow]) -> DeviceRow:
    """Devices of several machines as one: each part with what any of them says."""
    items = [item for each in found for item in each["properties"].items()]
    return DeviceRow(
        device=found[0]["device"],
        name=_said(each["name"] for each in found),
        properties={part: _said(text for name, text in items if name == part) for part in dict(items)},
    )


def _said(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))


@contextlib.contextmanager
def connect(address: str, *, reply: float = REPLY, deserted: float = DESERTED) -> Iterator[Cluster]:
    """The cluster of a scheduler, for the length of a with block; what is pending then is cancelled.

    Args:
        address: such as "tcp://10.0.0.1:8786".
        reply: seconds within which the scheduler answers and has a worker.
        deserted: seconds without any worker after which its executor breaks.

    Raises:
        ClusterError: distributed is not installed, nobody answers, there are no workers, or one measures
            with other software than this process.
    """
    client = _client(address, reply)
    over = threading.Event()
    try:
        workers = _described(client, address, reply)
        executor = _ClusterExecutor(client)
        watch = threading.Thread(
            target=_watch, args=(executor, lambda: bool(client.nthreads()), deserted, over), daemon=True
        )
        watch.start()
        yield Cluster(executor, workers)
        over.set()
        watch.join()
        executor.shutdown(wait=False, cancel_futures=True)
    finally:
        over.set()
        client.close()


def _client(address: str, reply: float) -> Any:
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(
            f"--dask needs distributed ({error}): pip install 'dezero-gradcheck[dask]'"
        ) from error
    try:
        with ThreadPoolExecutor(1) as pool:  # this thread may have a loop that runs: a notebook's
            kind = pool.submit(asyncio.run, asyncio.wait_for(_kind(address), reply)).result()
    except TimeoutError as error:
        raise ClusterError(f"no Dask scheduler answers at {address!r} within {reply:g} s") from error
    except Exception as error:  # no address, nobody there, or somebody who does not speak Dask
        raise ClusterError(
            f"no Dask scheduler at {address!r} ({type(error).__name__}: {error}); "
            "an address looks like tcp://127.0.0.1:8786"
        ) from error
    if kind != "Scheduler":
        raise ClusterError(f"at {address!r} is a {kind}: give the address of the scheduler")
    return distributed.Client(address, timeout=reply, set_as_default=False, name="gradcheck")


async def _kind(address: str) -> str:
    """What answers there: "Scheduler", "Worker", ...; asked first, as a Client that fails lingers on."""
    import distributed

    async with distributed.rpc(address) as there:
        return str((await there.identity())["type"])


def _described(client: Any, address: str, reply: float) -> dict[str, Description]:
    """What each worker is.

    Raises:
        ClusterError: there is none, or one is not like this process.
    """
    try:
        client.wait_for_workers(1, timeout=reply)
    except TimeoutError as error:
        raise ClusterError(f"the Dask scheduler at {address} has no workers") from error
    workers = client.run(describe, on_error="return")
    wrong = [text for worker, found in workers.items() for text in _differences(worker, found)]
    if wrong:
        more = f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""
        raise ClusterError(
            f"the workers at {address} must measure with the software of this machine: "
            f"{'; '.join(wrong[:3])}{more}"
        )
    return dict(workers)


def _differences(worker: str, found: Description | BaseException) -> Iterator[str]:
    if isinstance(found, BaseException):
        yield f"worker {worker} cannot run gradcheck: {type(found).__name__}: {found}"
        return
    here = describe()
    for package in SAME:
        there, own = (d["versions"].get(package, "none") for d in (found, here))
        if there != own:
            yield f"worker {worker} has {package} {there}, here it is {own}"
    if found["source"] != here["source"]:
        yield f"worker {worker} has other files of dezero and gradcheck than this machine"


class _ClusterExecutor(Executor):
    """Futures of `concurrent.futures` for a Dask client's; they fail together once the cluster is gone."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._pending: dict[Future[Any], Any] = {}  # and the client's future of each
        self._broken: BrokenExecutor | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            if self._broken is not None:
                raise self._broken
            # Not pure: a task that is tried again is another one, whatever became of the first.
            try:
                asked = self._client.submit(fn, *args, **kwargs, pure=False)
            except Exception as error:  # the scheduler is gone, in whatever words its client puts it
                raise BrokenExecutor(f"the cluster takes no more tasks: {error}") from error
            self._pending[future] = asked
        future.add_done_callback(self._cancel)
        asked.add_done_callback(partial(self._pass_on, future))
        return future

    def _pass_on(self, future: Future[Any], asked: Any) -> None:
        """Pass on what became of the client's future, to one that still wants to know."""
        with self._lock:
            known = self._pending.pop(future, None) is not None
        if not known or not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(asked.result())
        except BaseException as error:  # the worker's, the cluster's, a cancellation: for whoever waits
            future.set_exception(error)

    def _cancel(self, future: Future[Any]) -> None:
        """What was cancelled here is cancelled there."""
        with self._lock:
            asked = self._pending.pop(future, None)
        if asked is not None:
            with contextlib.suppress(Exception):  # where the scheduler is gone, it is cancelled already
                asked.cancel()

    def break_up(self, why: str) -> None:
        """Fail all that is pending, and all that is submitted from now on."""
        with self._lock:
            self._broken = BrokenExecutor(why)
            pending, self._pending = self._pending, {}
        for future in pending:
            if future.set_running_or_notify_cancel():
                future.set_exception(self._broken)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As `concurrent.futures` has it; the cluster itself goes on."""
        for future in list(self._pending) if cancel_futures else ():
            future.cancel()


def _watch(
    executor: _ClusterExecutor, any_worker: Callable[[], bool], deserted: float, over: threading.Event
) -> None:
    """Break the executor once there has been no worker for so many seconds."""
    alone = 0.0
    while not over.wait(1.0):
        try:
            alone = 0.0 if any_worker() else alone + 1.0
        except Exception:  # no scheduler, no workers
            alone += 1.0
        if alone >= deserted:
            executor.break_up(f"the cluster has had no workers for {deserted:g} s")
            return
