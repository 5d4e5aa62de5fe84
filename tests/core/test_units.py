"""Durations, sizes and cpus, as docker reads and writes them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.core import units

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("10s", 10 * SECOND),
        ("1m30s", 90 * SECOND),
        ("1h5m30s20ms", 3930 * SECOND + 20 * 10**6),
        (".5s", SECOND // 2),
        ("1.5h", 5400 * SECOND),
        ("10us", 10_000),
        ("10µs", 10_000),
        ("-1s", -SECOND),
    ],
)
def test_duration_is_read_as_go_reads_it(text: str, nanoseconds: int) -> None:
    assert units.duration_ns(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "90", "1d", "1m 30s", "s", "1.s.", "ten", "9999999999h"])
def test_duration_that_go_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|longer"):
        units.duration_ns(text)


@given(st.integers(0, 10**18))
def test_duration_text_reads_back(nanoseconds: int) -> None:
    assert units.duration_ns(units.duration_text(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("50M", 52428800),
        ("50MB", 52428800),
        ("50MiB", 52428800),
        ("50 m", 52428800),
        ("1.5g", 1610612736),
        ("512", 512),
        (".5G", 536870912),
        ("5.k", 5120),
        ("1_000M", 1048576000),
        ("1e9", 10**9),
        ("+5M", 5242880),
    ],
)
def test_every_spelling_of_a_size_is_binary(text: str, size: int) -> None:
    assert units.size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "M", "-1", "10X", "1,5G", "1__0M", "1_M", ".M", "1.2.3M", "1e30"])
def test_size_that_docker_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        units.size_bytes(text)


@given(st.integers(0, 2**50))
def test_size_text_reads_back(size: int) -> None:
    assert units.size_bytes(units.size_text(size)) == size


@pytest.mark.parametrize(("text", "nano"), [("0.50", 5 * 10**8), ("1/4", 25 * 10**7), ("2", 2 * SECOND), (0.1, 10**8)])
def test_cpus_are_exact(text: str | float, nano: int) -> None:
    assert units.nano_cpus(text) == nano


@given(st.integers(0, 10**12))
def test_cpus_text_reads_back(nano: int) -> None:
    assert units.nano_cpus(units.cpus_text(nano)) == nano


def test_cpus_finer_than_docker_stores_are_refused() -> None:
    with pytest.raises(ValueError, match="finer"):
        units.nano_cpus("0.00000000001")


@pytest.mark.parametrize("read", [units.duration_ns, units.size_bytes, units.nano_cpus])
@pytest.mark.parametrize("text", ["9" * 100_000, "1e999999999", "1" * 200 + "s"])
def test_absurd_numbers_are_refused_at_once(read: Callable[[str], int], text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        read(text)
