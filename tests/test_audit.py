"""The audit finds what was tampered with, and nothing else."""

import json
from pathlib import Path

import pytest

from replicate import records, trials
from replicate.audit import audit
from replicate.errors import ReplicateError
from replicate.experiments import experiments
from replicate.outcome import digest
from replicate.parallel import outcomes
from replicate.record import line
from replicate.tasks.adding import Adding

TINY = Adding(T=20, cap=100, n_test=16)
GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())


@pytest.fixture
def recorded(project):
    """Return the file of six recorded trials, in two settings."""
    path = records.recorded_path("hochreiter1997/adding")
    trials.run(TINY, range(4), path=path, progress=False)
    trials.run(Adding(T=20, cap=50, n_test=16), range(2), path=path, progress=False)
    return path


def rewrite(path, change, index=1):
    """Change one record of a file."""
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    change(lines[index])
    path.write_bytes(b"".join(line(r) + b"\n" for r in lines))


def audited(capsys, **how):
    found = audit(progress=False, seed=1, **how)
    return found, capsys.readouterr().out


def test_recorded_trials_are_found_equal(recorded, capsys):
    found, said = audited(capsys)
    assert found
    assert said.count(" equal\n") == 6
    assert "cap=100 n_test=16" in said
    assert "6 records verified, 0 spoilt; 6 of 6" in said
    found, said = audited(capsys, sample=3, threads=1)
    assert found
    assert said.count(" equal\n") == 3


def test_the_sample_is_drawn_by_its_seed(recorded, capsys):
    first, again = (audited(capsys, sample=3)[1] for _ in range(2))
    assert first == again
    audit(sample=3, progress=False)
    assert "(--seed " in capsys.readouterr().out


def spoilt(record):
    record["outcome"]["sequences"] += 1


def forged(record):
    """Change an outcome and give it the digest that fits."""
    spoilt(record)
    record["digest"] = digest(records.outcome(record))


def moved(record):
    """Pass a trial off as another seed's."""
    record["seed"] = 77
    record["identity"] = records.identity(TINY, 77)
    record["digest"] = digest(records.outcome(record))


def bent(record):
    record["outcome"]["curve"][0][1] /= 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (spoilt, "adding.jsonl:2: seed"),
        (forged, "DIFFERS in digest, outcome.sequences"),
        (moved, "DIFFERS in digest, weights"),
        (bent, "DIFFERS in outcome.curve"),
        (lambda record: record.update(experiment="a/b"), "a trial of a/b has no place here"),
    ],
)
def test_a_tampered_record_is_found(recorded, capsys, change, expected):
    rewrite(recorded, change)
    found, said = audited(capsys)
    assert not found
    assert expected in said


def test_a_record_that_stands_twice_is_found(recorded, capsys):
    text = recorded.read_bytes()
    recorded.write_bytes(text + text[: text.index(b"\n") + 1])
    found, said = audited(capsys)
    assert not found
    assert "adding.jsonl:7: the trial of hochreiter1997/adding.jsonl:1 once more" in said


def test_a_bumped_version_leaves_its_records_out(recorded, capsys, monkeypatch):
    monkeypatch.setattr(Adding, "version", Adding.version + 1)
    found, said = audited(capsys)
    assert found
    assert "6 records verified, 0 spoilt; 0 of 0" in said


def test_a_change_of_the_computation_without_a_bump_is_found(recorded, capsys, monkeypatch):
    drawn = Adding.initial_weights
    monkeypatch.setattr(Adding, "initial_weights", lambda s, seed: drawn(s, seed) * (1 + 1e-12))
    found, said = audited(capsys)
    assert not found
    assert said.count("DIFFERS in digest") == 6


def test_trials_within_tolerance(toy, project, capsys, monkeypatch):
    path = records.recorded_path("toys/toy")
    trials.run(toy.Toy(), range(3), path=path, progress=False)
    given = toy.outcome

    def other(factor):
        def outcome(setting, seed):
            made = given(setting, seed)
            object.__setattr__(made, "sequences", int(made.sequences * factor))
            return made

        return outcome

    monkeypatch.setattr(toy, "outcome", other(1.4))
    found, said = audited(capsys, experiment="toys")
    assert found
    assert said.count("within tolerance: now ") == 3
    monkeypatch.setattr(toy, "outcome", other(1.6))
    found, said = audited(capsys, experiment="toys/toy")
    assert not found, said
    assert said.count("DIFFERS in sequences by more than 1.5 times: now ") == 3


def test_only_the_experiments_asked_for(toy, recorded, capsys):
    trials.run(toy.Toy(), range(2), path=records.recorded_path("toys/toy"), progress=False)
    assert "2 records verified" in audited(capsys, experiment="toys")[1]
    assert "8 records verified" in audited(capsys)[1]
    with pytest.raises(ReplicateError, match="no experiment"):
        audited(capsys, experiment="toy")


def test_nothing_recorded_is_nothing_wrong(project, capsys):
    found, said = audited(capsys)
    assert found
    assert "0 records verified" in said


def test_every_experiment_has_a_golden_trial_of_its_version():
    found = {golden["experiment"]: golden["version"] for golden in GOLDEN}
    assert found == {name: kind.version for name, kind in experiments().items()}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["experiment"])
def test_a_golden_trial_changes_only_with_the_algorithm_version(project, golden):
    """Engine trials must keep their digest, torch trials their numbers to one in a thousand."""
    setting = experiments()[golden["experiment"]].of(golden["setting"])
    (made,) = outcomes(setting, [golden["seed"]], setting.backends[0], "cpu")
    if "digest" in golden:
        assert digest(made) == golden["digest"], (
            "bump the version, then renew tests/golden.json"
        )
    else:
        assert (made.status, made.sequences) == (golden["status"], golden["sequences"])
        measured = golden.keys() & made.test.keys() - {"sequences"}
        assert measured
        for name in measured:
            assert made.test[name] == pytest.approx(golden[name], rel=1e-3)
