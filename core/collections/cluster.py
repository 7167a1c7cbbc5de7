"""Work on the nodes of a Ray cluster, task by task; nothing else imports ray.

A worker is a process on a node that prepares once, say by loading a model, and then does one task after another. Who
hands out the tasks takes the results and commits them: so a node that is lost costs the tasks it was at, which others
do, and whoever runs the command again after it was killed does what is not committed.
"""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from core import settings
from core.collections.dataset import locate
from core.errors import EmbedscopeError, InputError, JobError
from core.progress import HEARTBEAT_SECONDS, Progress

if TYPE_CHECKING:
    import lance

Made = TypeVar("Made")
Task = TypeVar("Task")
Result = TypeVar("Result")

ADDRESS = re.compile(r"(ray://)?([\w.-]+|\[[\da-fA-F:]+\]):(\d{1,5})")
ANSWER_SECONDS = 10
STOP_SECONDS = 10  # for a worker to remove what it has written in part
LOSSES = 3  # of workers at the same task
LOSSES_IN_A_ROW = 5  # for each worker, with nothing done between
MODEST = {  # for Ray, before it is imported, unless the host says otherwise
    "RAY_USAGE_STATS_ENABLED": "0",  # it would report to its makers
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # attempts to reach a cluster, most of a minute each
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # what a lost node has to say would be printed among a command's results
}


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster.

    Attributes
    ----------
    address : str
        HOST:PORT of its head, for a process on one of its nodes, or ray://HOST:PORT for one elsewhere.
    """

    address: str

    def __post_init__(self) -> None:
        if not ADDRESS.fullmatch(self.address):
            raise InputError(f"A cluster cannot be at {self.address!r}: write HOST:PORT or ray://HOST:PORT.")

    @contextmanager
    def workers(self, make: Callable[..., Made], *arguments: Any) -> Iterator["Workers[Made]"]:
        """Workers for each GPU, or for each node if the cluster has no GPU; they end with the context.

        Parameters
        ----------
        make : callable
            Called with the arguments by each worker; what it returns is given to each of its tasks.

        Raises
        ------
        InputError
            Ray is missing, or there is no such cluster.
        """
        with _connected(self.address) as ray:
            made = Workers(make, ray.put(arguments))
            try:
                yield made
            finally:
                made.end()

    def create_index(self, data: "lance.LanceDataset", column: str, kind: str, name: str, **how: Any) -> None:
        """Build an index of Lance's on the nodes, in as many segments as there are workers; it is committed.

        Raises
        ------
        InputError
            As by `workers`.
        JobError
            A node was lost.
        """
        with _connected(self.address) as ray:
            import lance_ray

            places = _places(ray.nodes())
            most = {"num_cpus": min(place.cpus for place in places), "scheduling_strategy": "SPREAD"}
            try:
                lance_ray.create_index(data, column, kind, name, num_workers=len(places), ray_remote_args=most, **how)
            except (RuntimeError, ray.exceptions.RayError) as error:
                raise JobError(f"The cluster did not build the index ({_first_line(error)}): run it again.") from error


@dataclass(frozen=True)
class _Place:
    """Where a worker can be: the n-th of a node, and what it takes there."""

    node: str
    host: str
    number: int
    cpus: int
    gpus: int


@dataclass
class Workers(Generic[Made]):
    """Workers on a cluster; new ones start where nodes are added or a worker was lost."""

    make: Callable[..., Made]
    arguments: Any
    _actors: dict[_Place, Any] = field(default_factory=dict)
    _idle: list[_Place] = field(default_factory=list)
    _begun: dict[Any, tuple[_Place, tuple[Any, ...]]] = field(default_factory=dict)  # the task, by its result to come
    _losses: int = 0
    _discard: Callable[[Any], None] = lambda _: None

    @property
    def size(self) -> int:
        """How many workers the cluster has places for now."""
        return len(_places(_ray().nodes()))

    def run(
        self,
        work: Callable[[Made, Task, Progress], Result],
        take: Callable[[], Task | None],
        wait: Callable[[], None],
        discard: Callable[[Result], None] = lambda _: None,
    ) -> Iterator[tuple[Task, Result]]:
        """Each task with its result, as they come.

        Parameters
        ----------
        work : callable
            Called on a node with what the worker has made, the task, and progress, which raises to cancel.
        take : callable
            The next task; None if there is none left.
        wait : callable
            Called several times a second; it may raise to cancel.
        discard : callable, optional
            Called with each result that comes after that.

        Raises
        ------
        EmbedscopeError
            As the work raises it, with the node's name before its message.
        JobError
            The work raised something else, or workers died again and again.
        """
        again: list[Task] = []
        lost: list[Task] = []
        self._discard = discard
        while True:
            self._hire()
            is_over = not self._hand_out(work, again, take)
            if is_over and not any(task for _, task in self._begun.values()):
                return
            done, _ = _ray().wait(list(self._begun), timeout=HEARTBEAT_SECONDS)
            wait()
            for result in done:
                place, task = self._begun.pop(result)
                is_there, found = self._result(result, place)
                if task and is_there:
                    self._losses = 0
                    yield task[0], found
                elif task:
                    again.append(task[0])
                    lost.append(task[0])
                    _check_losses(lost, place, found)

    def ask(self, work: Callable[[Made, bool, Progress], Result], wait: Callable[[], None]) -> Result:
        """What the first worker that is ready answers; parameters and errors as by `run`."""
        questions = iter([True])
        (answer,) = self.run(work, lambda: next(questions, None), wait)
        return answer[1]

    def end(self) -> None:
        """End all workers; what they are at is cancelled."""
        ray = _ray()
        for actor in self._actors.values():
            actor.stop.remote()
        if at_work := [result for result, (_, task) in self._begun.items() if task]:
            for result in ray.wait(at_work, num_returns=len(at_work), timeout=STOP_SECONDS)[0]:
                with suppress(ray.exceptions.RayError):
                    self._discard(ray.get(result))
        for actor in self._actors.values():
            ray.kill(actor)

    def _hire(self) -> None:
        """Start a worker at each place that has none."""
        ray = _ray()
        for place in _places(ray.nodes()):
            if place not in self._actors:
                where = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(place.node, soft=False)
                how = {"num_cpus": place.cpus, "num_gpus": place.gpus, "scheduling_strategy": where}
                how["max_concurrency"] = 2  # it works, and can be stopped meanwhile
                actor = ray.remote(_Worker).options(**how).remote(self.make)
                self._actors[place] = actor
                self._begun[actor.prepare.remote(self.arguments)] = (place, ())

    def _hand_out(self, work: Any, again: list[Any], take: Callable[[], Any]) -> bool:
        """Give each idle worker a task; whether there may be more."""
        while self._idle:
            task = again.pop() if again else take()
            if task is None:
                return False
            place = self._idle.pop(0)
            self._begun[self._actors[place].work.remote(work, task)] = (place, (task,))
        return True

    def _result(self, result: Any, place: _Place) -> tuple[bool, Any]:
        """Whether there is a result, and which: the worker is idle then. Else it is lost, and why."""
        ray = _ray()
        try:
            found = ray.get(result)
        except ray.exceptions.RayTaskError as error:
            self._idle.append(place)
            raise _as_error(error.cause or error, place) from error
        except ray.exceptions.RayError as error:
            if getattr(error, "actor_init_failed", False):
                raise JobError(f"No worker can start on the node {place.host}: {_last_line(error)}") from None
            del self._actors[place]
            self._losses += 1
            if self._losses > LOSSES_IN_A_ROW * (1 + self.size):
                raise JobError(f"Workers die again and again, the last on {place.host}: {_first_line(error)}") from None
            return False, _first_line(error)
        self._idle.append(place)
        return True, found


class _Worker(Generic[Made]):
    """What runs on a node."""

    def __init__(self, make: Callable[..., Made]) -> None:
        self._make = make
        self._is_stopped = threading.Event()

    def prepare(self, arguments: tuple[Any, ...]) -> None:
        self._made = self._make(*arguments)

    def work(self, work: Callable[[Made, Task, Progress], Result], task: Task) -> Result:
        return work(self._made, task, self._stay)

    def stop(self) -> None:
        self._is_stopped.set()

    def _stay(self, *_: object) -> None:
        if self._is_stopped.is_set():
            raise JobError("Cancelled.")


def _check_losses(lost: list[Any], place: _Place, why: str) -> None:
    """Give up if the last of the tasks is lost once too often.

    Raises
    ------
    JobError
        It is.
    """
    if lost.count(lost[-1]) == LOSSES:
        raise JobError(f"{LOSSES} workers died at the same task, the last on {place.host}: {why}")


def _places(nodes: list[dict[str, Any]]) -> list[_Place]:
    """Where workers can be: one for each GPU with its share of the node's CPUs, or one for each node if there is none.

    Raises
    ------
    JobError
        Nowhere.
    """
    alive = [node for node in nodes if node["Alive"]]
    unit = "GPU" if any(node["Resources"].get("GPU", 0) >= 1 for node in alive) else "CPU"
    places = []
    for node in alive:
        cpus, units = (int(node["Resources"].get(name, 0)) for name in ("CPU", unit))
        count = units if unit == "GPU" else min(units, 1)
        for number in range(count):
            places.append(_Place(node["NodeID"], node["NodeManagerAddress"], number, cpus // count, int(unit == "GPU")))
    if not places:
        raise JobError("No node of the cluster has a CPU or a GPU for work.")
    return places


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, connected to a cluster.

    Raises
    ------
    InputError
        Ray is missing, or there is no such cluster.
    """
    ray = _ray()
    _check_answers(address)
    with TemporaryDirectory() as empty:  # as the working folder, so that code in a folder of the node's doesn't count
        code = {"py_modules": [str(settings.PROJECT / "core")], "excludes": ["__pycache__"], "working_dir": empty}
        nodes = {"env_vars": {"EMBEDSCOPE_COLLECTIONS": locate()}}
        try:
            ray.init(address, log_to_driver=False, logging_level="ERROR", runtime_env=code | nodes)
        except (OSError, RuntimeError, ValueError, AssertionError, ImportError, ray.exceptions.RayError) as error:
            raise InputError(
                f"Cannot use the Ray cluster at {address} ({_first_line(error)}): check that it runs Ray, and that "
                "RAY_AUTH_MODE and RAY_AUTH_TOKEN are those of its nodes."
            ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _ray() -> Any:
    """The library.

    Raises
    ------
    InputError
        It is not installed.
    """
    for name, value in MODEST.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.util.scheduling_strategies
    except ModuleNotFoundError:
        raise InputError("A cluster needs two more libraries: pip install -r requirements-scale.txt") from None
    return ray


def _check_answers(address: str) -> None:
    """Find out soon whether anything listens there; Ray takes minutes.

    Raises
    ------
    InputError
        Nothing does.
    """
    matched = ADDRESS.fullmatch(address)
    assert matched
    try:
        socket.create_connection((matched[2].strip("[]"), int(matched[3])), ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise InputError(
            f"No Ray cluster answers at {address} ({_first_line(error)}): start one with `ray start --head`, or check "
            "the address."
        ) from None


def _as_error(cause: BaseException, place: _Place) -> EmbedscopeError:
    """What a worker has raised, for a person."""
    if isinstance(cause, EmbedscopeError):
        return type(cause)(f"On the node {place.host}: {cause}")
    return JobError(f"A worker on the node {place.host} failed: {type(cause).__name__}: {_first_line(cause)}")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _last_line(error: BaseException) -> str:
    return str(error).strip().rpartition("\n")[2]
