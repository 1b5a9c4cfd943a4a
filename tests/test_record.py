"""What a record is: identity, digest, size, and which records are equal."""

import base64
import dataclasses
import getpass
import json
import os
import socket
import subprocess
from dataclasses import dataclass

import numpy as np
import pytest

from replicate import provenance
from replicate.curve import every_other, thinner
from replicate.errors import ReplicateError
from replicate.outcome import digest
from replicate.record import differences, identity, line, outcome, record, verify, weights

EXACT = ("engine", "cpu")
WITHIN = ("torch", "cpu")


@pytest.fixture
def made(toy):
    return record(toy.Toy(), toy.outcome(toy.Toy(), 5), *EXACT)


def spoil(made, path, value):
    """Return a copy of a record with one value changed."""
    copy = json.loads(line(made))
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return copy


def test_an_outcome_survives(toy, made):
    told = json.loads(line(made))
    given, held = toy.outcome(toy.Toy(), 5), outcome(told)
    assert digest(held) == digest(given) == told["digest"]
    assert held.weights.tobytes() == given.weights.tobytes()
    assert (held.status, held.test) == (given.status, given.test)
    assert held.curve == thinner(given.curve)
    assert (told["replay"], told["version"], told["seed"]) == ("exact", 1, 5)
    verify(told)


def test_the_canonical_line_is_stable(made):
    text = line(made)
    assert line(json.loads(text)) == text
    assert b"\n" not in text


@pytest.mark.parametrize("n_weights", [1, 93, 156, 400, 5000])
@pytest.mark.parametrize("backend", [EXACT, WITHIN])
def test_a_line_is_within_3_kb_and_still_verified(toy, n_weights, backend):
    setting = toy.Toy(n_weights=n_weights)
    given = dataclasses.replace(toy.outcome(setting, 2**31), seconds=123456.789)
    told = record(setting, given, *backend)
    assert len(line(told)) < 3000
    verify(told)
    room = n_weights <= 156
    assert (weights(told) is not None) == room
    if not room:
        with pytest.raises(ReplicateError, match="digest"):
            verify(told | {"weights": "sha256:" + "0" * 64})


def test_the_curve_gives_way_before_the_weights(toy):
    points = [[1000 * i, 0.25, 1000 - i] for i in range(1, 65)]
    given = dataclasses.replace(toy.outcome(toy.Toy(n_weights=150), 1), curve=points)
    curve = record(toy.Toy(n_weights=150), given, *EXACT)["outcome"]["curve"]
    assert len(curve) in (16, 32)
    assert curve[-1][0] == 64_000
    assert {mean for _, mean, _ in curve} == {0.25}
    assert sum(wrong for *_, wrong in curve) == sum(wrong for *_, wrong in points)


def test_a_curve_of_epochs_keeps_some_of_them_as_they_were(toy):
    points = [[929589.0 * i, 512.736 - i, 338.91 - i] for i in range(1, 200)]
    long = dataclasses.replace(toy.outcome(toy.Toy(), 1), curve=points, thinner=every_other)
    curve = record(toy.Toy(), long, *WITHIN)["outcome"]["curve"]
    assert len(curve) > 20
    assert curve[-1] == points[-1]
    assert all(point in points for point in curve)


def test_what_is_cut_off_does_not_depend_on_provenance(toy):
    given = toy.outcome(toy.Toy(), 1)
    slow = dataclasses.replace(given, seconds=98765.432)
    assert not differences(record(toy.Toy(), given, *EXACT), record(toy.Toy(), slow, *EXACT))


@pytest.mark.parametrize("change", [("T", 11), ("word", "marked it"), ("bias", (-3.0, -6.5))])
def test_identity_sees_the_setting(toy, change):
    setting = toy.Toy()
    assert identity(setting, 1) != identity(dataclasses.replace(setting, **dict([change])), 1)


def test_identity_sees_everything_else(toy, monkeypatch):
    setting = toy.Toy()
    names = [identity(setting, 1), identity(setting, 2), identity(setting, 1, "torch")]
    names += [identity(toy.Toy(dtype="float32"), 1), identity(setting, 1, device="cuda")]
    monkeypatch.setattr(toy.Toy, "version", 2)
    names.append(identity(setting, 1))
    monkeypatch.setattr(toy.Toy, "experiment", "toys/other")
    names.append(identity(setting, 1))
    assert len(set(names)) == 7
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)


def test_a_new_field_leaves_old_records_what_they_were(toy, made, monkeypatch):
    @dataclass(frozen=True)
    class Newer(toy.Toy):
        before = {"order": "paper", "extra": (1.0,)}  # noqa: RUF012
        order: str = "other"
        extra: tuple[float, ...] = (2.0,)

    monkeypatch.setattr(toy, "Toy", Newer)
    verify(made)
    as_before = Newer(order="paper", extra=(1.0,))
    assert Newer.recorded(made["setting"]) == as_before
    assert identity(as_before, 5) == made["identity"]
    names = {identity(s, 5) for s in (Newer(), Newer(order="paper"), Newer(extra=(1.0,)))}
    assert len(names | {made["identity"]}) == 4
    again = record(as_before, outcome(made), *EXACT)
    verify(again)
    assert "order" in again["setting"]
    assert not differences(made, again)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["setting", "T"], 11),
        (["seed"], 6),
        (["version"], 2),
        (["dtype"], "float32"),
        (["identity"], "0" * 16),
        (["outcome", "status"], "capped"),
        (["outcome", "sequences"], 5),
        (["outcome", "steps"], 5),
        (["outcome", "test", "wrong"], 99),
        (["outcome", "test", "mean_abs_error"], 0.25),
        (["outcome", "status"], "won"),
        (["weights"], base64.b64encode(np.zeros(93).tobytes()).decode()),
        (["weights"], "not base64!"),
        (["weights"], None),
        (["digest"], "0" * 64),
        (["outcome"], {}),
    ],
)
def test_a_spoilt_record_is_found(made, path, value):
    with pytest.raises(ReplicateError, match=r"identity|digest|not a whole record"):
        verify(spoil(made, path, value))


def test_a_cut_record_is_found(made):
    for name in ("seed", "setting", "weights", "identity", "digest"):
        cut = {k: v for k, v in made.items() if k != name}
        with pytest.raises(ReplicateError, match="not a whole record"):
            verify(cut)


def test_equality_ignores_provenance(made):
    other = made | {
        "seconds": 9.0, "date": "1997-11-15T00:00:00Z", "commit": "f" * 40, "dirty": True,
        "versions": {"numpy": "3"},
    }  # fmt: skip
    assert not differences(made, other)


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        (["identity"], "0" * 16, "identity"),
        (["digest"], "0" * 64, "digest"),
        (["replay"], "within", "replay"),
        (["outcome", "status"], "capped", "outcome.status"),
        (["outcome", "curve", 0, 1], 0.5, "outcome.curve"),
        (["outcome", "test", "wrong"], 99, "outcome.test"),
    ],
)
def test_differences_are_named(made, path, value, found):
    other = spoil(made, path, value)
    assert differences(made, other) == differences(other, made) == [found]


def test_torch_trials_may_differ_within_the_stated_factors(toy, monkeypatch):
    monkeypatch.setattr(toy.Toy, "factors", {"sequences": 1.5, "mean_abs_error": 2.0})
    given = toy.outcome(toy.Toy(), 1)

    def changed(**values):
        return record(toy.Toy(), dataclasses.replace(given, **values), *WITHIN)

    one = changed(sequences=1000, test={"mean_abs_error": 0.02})
    assert one["replay"] == "within"
    assert not differences(one, changed(sequences=1500, test={"mean_abs_error": 0.01}))
    far = changed(sequences=1501, test={"mean_abs_error": 0.041}, status="diverged")
    assert differences(one, far) == differences(far, one)
    assert [text.split()[0] for text in differences(one, far)] == [
        "status", "sequences", "mean_abs_error",
    ]  # fmt: skip


def test_a_trial_that_diverged_has_no_numbers_to_differ_in(toy, monkeypatch):
    monkeypatch.setattr(toy.Toy, "factors", {"mean_abs_error": 2.0})
    given = dataclasses.replace(toy.outcome(toy.Toy(), 1), test={"mean_abs_error": 0.02})
    solved = record(toy.Toy(), given, *WITHIN)
    broken = dataclasses.replace(given, status="diverged", test={})
    diverged = record(toy.Toy(), broken, *WITHIN)
    assert not differences(diverged, diverged)
    for one, other in [(solved, diverged), (diverged, solved)]:
        assert [text.split()[0] for text in differences(one, other)] == [
            "status", "mean_abs_error",
        ]  # fmt: skip


def test_a_record_names_no_user_host_or_path(made):
    text = line(made).decode()
    for name in (getpass.getuser(), socket.gethostname(), os.getcwd(), os.path.expanduser("~")):
        assert len(name) < 4 or name not in text
    assert "/" not in text.replace("toys/toy", "").replace(made["weights"], "")


def git(folder, *words):
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_provenance_tells_commit_and_whether_src_differs(project, monkeypatch):
    def seen():
        provenance.checkout.cache_clear()
        return provenance.checkout()

    (project / "src").mkdir()
    (project / "src" / "a.py").write_text("1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    assert seen() == (None, None)
    git(project, "init", "-q")
    assert seen() == (None, None)
    git(project, "add", ".")
    git(project, "commit", "-qm", "one")
    commit = git(project, "rev-parse", "HEAD")
    assert seen() == (commit, False)
    (project / "records").write_text("not code")
    assert seen() == (commit, False)
    (project / "src" / "b.py").write_text("2")
    assert seen() == (commit, True)
    monkeypatch.setenv("PATH", "")
    assert seen() == (None, None)


def test_git_is_asked_once(project):
    provenance.checkout.cache_clear()
    for _ in range(3):
        provenance.provenance("engine")
    assert provenance.checkout.cache_info().misses == 1


def test_versions_are_those_that_matter():
    assert set(provenance.versions("engine")) == {"python", "replicate", "numpy"}
    assert set(provenance.versions("torch")) == {"python", "replicate", "numpy", "torch"}
