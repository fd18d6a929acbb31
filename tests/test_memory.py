"""Budgets: what people write, what the machine has."""

import pytest

from tokbench import memory
from tokbench.errors import BudgetError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500_000_000),
        (" 2 gb ", 2_000_000_000),
        ("1.5GiB", 3 << 29),
        ("300000kB", 300_000_000),
        (".5TB", 500_000_000_000),
        ("250000000", 250_000_000),
        ("250000000B", 250_000_000),
    ],
)
def test_sizes(text, size):
    assert memory.parsed(text) == size


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is no size; write it as 500MB, 2GB or 1.5GiB"),
        ("much", "'much' is no size; write it as 500MB, 2GB or 1.5GiB"),
        ("-2GB", "'-2GB' is no size; write it as 500MB, 2GB or 1.5GiB"),
        ("2G", "'2G' has no unit of size; write 2GB, or a number of bytes"),
        ("2 gigs", "'2 gigs' has no unit of size; write 2GB, or a number of bytes"),
        ("50%", "'50%' is no size; write it as 500MB, 2GB or 1.5GiB"),
        ("2 fish", "'2 fish' has no unit of size; write 500MB, or a number of bytes"),
        ("2", "2 bytes are too little; with a unit: 2GB, 2MB"),
        (
            "100MB",
            "100,000,000 bytes are too little: Python, Arrow and compiled kernels take some "
            "160 MB themselves; give at least 200 MB",
        ),
    ],
)
def test_what_is_no_budget_is_said(text, said):
    with pytest.raises(BudgetError) as caught:
        memory.parsed(text)
    assert str(caught.value) == said


def test_without_a_budget_it_is_half_of_what_is_free(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 10_000_000_000)
    assert memory.room(None) == 5_000_000_000 - memory.RESERVED
    monkeypatch.setattr(memory, "available", lambda: 1000)
    assert memory.room(None) == memory.LEAST - memory.RESERVED
    assert memory.room(memory.LEAST) == memory.LEAST - memory.RESERVED


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A machine with 8 GB free; control groups of both versions can be written."""
    monkeypatch.setattr(memory, "_machine", lambda: 8_000_000_000)
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path)
    return tmp_path


def test_control_groups_limit(groups):
    assert memory.available() == 8_000_000_000
    (groups / "memory.max").write_text("max\n")
    assert memory.available() == 8_000_000_000
    (groups / "memory.max").write_text("2000000000\n")
    (groups / "memory.current").write_text("1500000000\n")
    (groups / "memory.stat").write_text("anon 500000000\nfile 1000000000\nkernel 1\n")
    assert memory.available() == 1_500_000_000


def test_control_groups_of_version_1_limit(groups):
    (groups / "memory").mkdir()
    (groups / "memory" / "memory.limit_in_bytes").write_text("3000000000\n")
    (groups / "memory" / "memory.usage_in_bytes").write_text("1000000000\n")
    assert memory.available() == 2_000_000_000


def test_this_machine_has_some():
    assert 1_000_000 < memory.available() < 1 << 50
    memory.give_back()
