"""Cases of services in some state and a change of each, played on a real engine: the forecast, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from docker.errors import APIError

from swarm_provider.convert.service.spec import to_spec
from swarm_provider.core import Json
from swarm_provider.plan.change.restart import Restart, restart
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.rollout.history import Snapshot
from tests.plan.unfinished import ENDED, Stage, place, seen
from tests.support.engine import Docker

TIMEOUT = 180.0
SETTLE = 3.0


@dataclass(frozen=True)
class Moved:
    """What became of a service's tasks, slot by slot.

    Attributes:
        replaced: slots whose task ran, and in which another one has taken its place.
        stopped: slots whose task ran, and in which there is none any more.
        fresh: slots in which nothing ran, and for which a new task was made.
        again: a job runs again.
    """

    replaced: int
    stopped: int
    fresh: int
    again: bool = False


@dataclass
class Played:
    """One case."""

    state: str
    stages: tuple[Stage, ...]
    sends: Json
    name: str = ""
    stage: int = -1
    before: Json = field(default_factory=dict)
    tasks: list[Json] = field(default_factory=list)
    forecast: Restart | None = None
    moved: Moved | None = None
    story: str = ""


class Bench:
    """Cases that are played side by side."""

    def __init__(self, docker: Docker, cases: Sequence[Played], prefix: str) -> None:
        self.docker = docker
        self.cases = cases
        for number, case in enumerate(cases):
            case.name = f"{prefix}-{number}"

    def run(self, arrange: Callable[[], None] = lambda: None) -> None:
        """Bring the services into their states, arrange the nodes, look, and change everything."""
        for case in self.cases:
            self._next(case, {})
        self._bring_into_state()
        arrange()
        nodes, tasks = self.docker.api.nodes(), by_service(self.docker.api.tasks())
        services = self._services()
        for case in self.cases:
            case.before = services[case.name]
            case.tasks = tasks.get(case.before["ID"], [])
            spec = self._spec(case, case.sends)
            snapshot = Snapshot(case.before, case.tasks, nodes)
            case.forecast = restart(case.before["Spec"], spec, snapshot=snapshot)
        for case in self.cases:
            self._send(case, case.sends, self.docker.service(case.name))
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end and any(not agrees(case) for case in self.cases):
            time.sleep(0.5)
            self._look()
        time.sleep(SETTLE)
        self._look()

    def _bring_into_state(self) -> None:
        end = time.monotonic() + TIMEOUT
        while True:
            tasks, services = by_service(self.docker.api.tasks()), self._services()
            late = []
            for case in self.cases:
                live = services[case.name]
                own = tasks.get(live["ID"], [])
                case.story = f"{case.state}, stage {case.stage}: {dict(seen(own))} {live.get('UpdateStatus')}"
                if not self._reached(case, live, own):
                    late.append(case.story)
                elif case.stage + 1 < len(case.stages):
                    self._next(case, live)
                    late.append(case.story)
            if not late:
                return
            assert time.monotonic() < end, "\n".join(late)
            time.sleep(0.5)

    def _reached(self, case: Played, live: Json, tasks: list[Json]) -> bool:
        stage = case.stages[case.stage]
        state = (live.get("UpdateStatus") or {}).get("State")
        return stage.then in (None, seen(tasks)) and stage.update in (None, state)

    def _services(self) -> dict[str, Json]:
        return {service["Spec"]["Name"]: service for service in self.docker.api.services()}

    def _next(self, case: Played, live: Json) -> None:
        case.stage += 1
        does = case.stages[case.stage].does
        if isinstance(does, dict):
            self._send(case, does, live)
        elif does == ("kill",):
            newest = self.docker.tasks(case.name)[-1]
            self.docker("rm", "--force", newest["Status"]["ContainerStatus"]["ContainerID"])
        elif does[0] == "scale":
            self.docker("service", "scale", "--detach", f"{case.name}={does[1]}")
        else:
            self.docker("service", *does, "--detach", case.name)

    def _spec(self, case: Played, inputs: Json) -> Json:
        return to_spec({**inputs, "name": case.name})

    def _send(self, case: Played, inputs: Json, live: Json) -> None:
        spec = self._spec(case, inputs)
        if not live:
            self.docker.create_service(spec)
            return
        # the version grows while Swarm notes how its own update goes
        for tries_left in reversed(range(20)):
            try:
                self.docker.update_service(self.docker.service(case.name), spec)
                return
            except APIError as error:
                if not tries_left or "out of sequence" not in str(error.explanation):
                    raise

    def _look(self) -> None:
        tasks, services = by_service(self.docker.api.tasks()), self._services()
        for case in self.cases:
            live = services[case.name]
            case.moved = moved(case, live, tasks.get(live["ID"], []))


def moved(case: Played, live: Json, after: list[Json]) -> Moved:
    """Compare the tasks before and after the change."""
    iterations = [(one.get("JobStatus") or {}).get("JobIteration", {}).get("Index", 0) for one in (case.before, live)]
    if "JobStatus" in live:
        return Moved(0, 0, 0, again=iterations[1] > iterations[0])
    replaced = stopped = fresh = 0
    for slot in {place(task) for task in (*case.tasks, *after)}:
        old = [task for task in case.tasks if place(task) == slot and task["DesiredState"] not in ENDED]
        open_now = {task["ID"] for task in after if place(task) == slot and task["DesiredState"] not in ENDED}
        known = {task["ID"] for task in case.tasks}
        made = {task["ID"] for task in after if place(task) == slot} - known
        ran = {task["ID"] for task in old if task["Status"]["State"] == "running"}
        if ran:
            # with start-first the old task runs on beside the new one until that one runs, which may be never
            replaced += bool(made) or (bool(open_now) and not ran & open_now)
            stopped += not open_now | made
        else:
            fresh += bool(made) and not {task["ID"] for task in old} & open_now
    return Moved(replaced, stopped, fresh)


def agrees(case: Played) -> bool:
    return case.forecast is not None and case.moved == foretold(case.forecast)


def foretold(found: Restart) -> Moved:
    """The forecast, in the terms of what task ids show."""
    if found.job:
        return Moved(0, 0, 0, again=found.restarts)
    return Moved(found.tasks or 0, found.stops, found.anew + found.starts)
