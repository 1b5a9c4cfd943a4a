"""Locks: what one process has, another has not, until it lets go or dies."""

from subprocess import PIPE

from replicate import locks
from replicate.locks import Claims
from tests.processes import started


def test_claims_are_let_go(tmp_path):
    def theirs(*names):
        code = (
            "import sys; from pathlib import Path; from replicate.locks import Claims\n"
            "print(*[Claims(Path(sys.argv[1])).take(name) for name in sys.argv[2:]])"
        )
        with started(["-c", code, str(tmp_path / "x.lock"), *names], stdout=PIPE) as process:
            return process.communicate(timeout=60)[0].split()

    one, two = "f" * 16, "0" * 16
    with Claims(tmp_path / "x.lock") as claims:
        assert claims.take(one)
        assert claims.take(two)
        assert theirs(one, two, "1" * 16) == ["False", "False", "True"]
        claims.release(one)
        assert theirs(one, two) == ["True", "False"]
    assert theirs(one, two) == ["True", "True"]


def test_a_file_is_free_until_another_has_it(tmp_path):
    with (tmp_path / "lock").open("ab") as mine, (tmp_path / "lock").open("ab") as theirs:
        assert locks.free(mine)
        assert not locks.free(theirs)
        mine.close()
        assert locks.free(theirs)
