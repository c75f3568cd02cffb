"""A Dask scheduler by address: the same tasks on other machines' processes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from geoapp.splitting.scanning.division import VERSION, Outcome, Task, failed
from geoapp.splitting.scanning.tasks import Outcomes, WorkersUnavailable, work

#: Seconds to wait for the scheduler, and for its first worker.
CONNECT_S, WORKER_S = 15, 60
#: Tasks under way per thread of the cluster: enough that none waits for this process.
AHEAD = 3


def on_dask(tasks: Iterator[Task], *, address: str) -> Outcomes:
    """Outcomes of tasks as they are done, by the workers of the scheduler at ``address``.

    The scheduler gives the tasks of a lost worker to another one; a task that loses several workers is given up.

    Raises
    ------
    WorkersUnavailable : no scheduler there, no workers, workers without this program, or the scheduler went away
    """
    client = _connected(address)
    try:
        threads = _checked(client, address)
        yield from _worked_off(client, tasks, address=address, ahead=AHEAD * threads)
    finally:
        client.close()


def _worked_off(client: Any, tasks: Iterator[Task], *, address: str, ahead: int) -> Iterator[Outcome]:
    import distributed

    as_completed: Any = distributed.as_completed
    task_of: dict[str, Task] = {}

    def submitted(task: Task) -> Any:
        future = client.submit(work, task, key=f"geoapp-scan-{task.fingerprint}", pure=False)
        task_of[future.key] = task
        return future

    begun = [submitted(task) for _, task in zip(range(ahead), tasks, strict=False)]
    under_way = as_completed(begun, loop=client.loop, raise_errors=False)
    for future in under_way:
        if future.status in ("pending", "lost"):
            # Its worker was lost before the result was fetched; another one does it again.
            under_way.add(future)
            continue
        task = task_of.pop(future.key)
        following = next(tasks, None)
        if following is not None:
            under_way.add(submitted(following))
        yield _outcome(future, task, address=address)


def _outcome(future: Any, task: Task, *, address: str) -> Outcome:
    """What came of a task that has ended; WorkersUnavailable when it was the scheduler that ended."""
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    gone = WorkersUnavailable(f"与 Dask 调度器 {address} 的连接断了：已算完的都保存了，调度器恢复后用同一命令接着算。")
    if future.status == "cancelled":
        raise gone
    try:
        outcome: Outcome = future.result()
    except KilledWorker:
        return failed(task, "计算它的进程多次意外结束（多半是内存不足），已跳过：请单独测算。")
    except (CancelledError, OSError):
        raise gone from None
    except Exception as error:
        return failed(task, f"计算出错（{type(error).__name__}：{error}）。")
    return outcome


def _connected(address: str) -> Any:
    import distributed

    client: Any = distributed.Client
    try:
        _knock(address)
        return client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError):
        raise WorkersUnavailable(
            f"连不上 Dask 调度器 {address}：请核对地址（例如 tcp://127.0.0.1:8786），或去掉 --scheduler 在本机运行。"
        ) from None


def _knock(address: str) -> None:
    """OSError or ValueError when nobody listens there; a client that finds nobody ends with a traceback of its own."""
    parts = urlsplit(address)
    if not parts.hostname or not parts.port:
        raise ValueError(address)
    socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_S).close()


def _checked(client: Any, address: str) -> int:
    """Threads of the cluster, once it is certain that a worker has this program in this version."""
    from distributed import TimeoutError as Late

    try:
        client.wait_for_workers(1, timeout=WORKER_S)
    except (Late, TimeoutError):
        raise WorkersUnavailable(f"Dask 调度器 {address} 没有计算进程：请启动 dask worker {address}。") from None
    try:
        there = client.run(version)
    except Exception as error:
        raise WorkersUnavailable(
            f"Dask 调度器 {address} 的计算进程用不了 geoapp（{error}）：请安装同一版本。"
        ) from None
    if set(there.values()) != {VERSION}:
        raise WorkersUnavailable(f"Dask 调度器 {address} 的计算进程装的是另一版本的 geoapp：请安装同一版本。")
    return max(sum(client.nthreads().values()), 1)


def version() -> int:
    """Version of the tasks that this process can work off."""
    return VERSION
