"""What a run says while it goes on."""

import sys

from replicate import trials


def test_progress_is_told_on_a_terminal_and_now_and_then_elsewhere(
    toy, tmp_path, capsys, monkeypatch
):
    path = tmp_path / "toy.jsonl"
    trials.run(toy.Toy(), range(5), path=path)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == "toys/toy: 5 trials, 0 of them there"
    assert said.err.splitlines()[-1].startswith("4 solved, 1 capped, in ")
    assert len(said.err.splitlines()) == 2
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    trials.run(toy.Toy(), range(8), path=path)
    said = capsys.readouterr().err
    assert "\r\x1b[K1 of 3 trials: 1 solved; " in said
    assert "\r\x1b[K3 of 3 trials: 3 solved; 0.0 s left" in said
    trials.run(toy.Toy(), range(8), path=path)
    trials.run(toy.Toy(), range(9), path=path, progress=False)
    assert capsys.readouterr().err == ""
