"""What `make simulate` has found, each as a history of its own: it stays mended however the generator changes."""

from __future__ import annotations

import pytest

from tests.simulation.history import Edit, History, Up
from tests.simulation.play import play
from tests.simulation.wishes import Service, Wish

FOUND = {
    "a Release of which a service ran for a moment of its crash loop was said to be deployed": History(
        100524,
        Wish(
            form="release",
            dialect="compose-spec",
            services=(Service("st_w1"), Service("st_w2"), Service("st_w4"), Service("st_w5")),
            size=3,
        ),
        (
            Edit("bad image", 397151866),
            Up(kill="cli", at=1.3733919415133444, seed=98104137),
            Edit("env", 482762938),
            Up(previewed=True, seed=258258546),
        ),
    ),
}


# what a killed process has left says so when it is collected
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", FOUND)
def test_history_that_once_failed_holds(name: str) -> None:
    broken, story = play(FOUND[name])
    assert broken is None, "\n".join([str(broken), *story])
