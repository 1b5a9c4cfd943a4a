"""Parameters: what is accepted, what is refused, and in which words."""

import pytest
from nbformat.v4 import new_code_cell

from replicate.chapters import catalogue, parameters
from replicate.errors import ReplicateError
from replicate.tasks.adding import Adding
from tests.toy_book import notebook, write


@pytest.fixture
def toy(toy_book):
    return catalogue.find("paper/1-toy")


def test_read_gives_name_type_default_and_meaning(toy):
    known = {p.name: p for p in parameters.read(toy)}
    assert list(known) == [
        "preset", "T", "n_trials", "input_gate_bias", "learning_rate", "full", "label",
        "seed", "device",
    ]  # fmt: skip
    assert known["T"] == parameters.Parameter(
        "T", "Optional[int]", None, "minimal length, time steps, 20 to 100000"
    )
    assert (known["learning_rate"].default, known["full"].default) == (0.5, False)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("T", "60", 60),
        ("T", "1e3", 1000),
        ("T", "60.0", 60),
        ("T", "None", None),
        ("n_trials", "none", None),
        ("seed", "0", 0),
        ("learning_rate", "1", 1.0),
        ("learning_rate", "2.5e-1", 0.25),
        ("input_gate_bias", "[-3, -6.5]", [-3.0, -6.5]),
        ("input_gate_bias", "-3,-6", [-3.0, -6.0]),
        ("full", "true", True),
        ("full", "False", False),
        ("label", "anything, even 1e3", "anything, even 1e3"),
        ("preset", "smoke", "smoke"),
        ("device", "auto", "auto"),
    ],
)
def test_a_text_becomes_a_value_of_the_annotated_type(toy, name, text, value):
    got = parameters.check(toy, {name: text})
    assert got == {name: value}
    assert type(got[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("TT", "60", "did you mean T?"),
        ("n_trails", "60", "did you mean n_trials?"),
        ("zzz", "1", "it has preset, T, n_trials"),
        ("T", "abc", "T = abc: give an integer"),
        ("T", "nan", "T = nan: give an integer"),
        ("T", "inf", "T = inf: give an integer"),
        ("T", "1.5", "T = 1.5: give an integer"),
        ("T", "1e3.5", "T = 1e3.5: give an integer"),
        ("T", "1e999999999", "T = 1e999999999: give an integer"),
        ("T", "", "T = : give an integer"),
        ("T", "True", "T = True: give an integer"),
        ("T", "3", "T = 3: give 20 to 100000"),
        ("seed", "None", "seed = None: give an integer"),
        ("seed", "-1", "seed = -1: give an integer of at least 0"),
        ("n_trials", "0", "n_trials = 0: give an integer of at least 1"),
        ("preset", "papre", "preset = papre: give one of smoke, book, paper"),
        ("device", "tpu", "device = tpu: give one of cpu, cuda, auto"),
        ("learning_rate", "nan", "learning_rate = nan: give a finite number"),
        ("learning_rate", "1e400", "learning_rate = 1e400: give a finite number"),
        ("learning_rate", "-0.1", "learning_rate = -0.1: give 0.0 to 100.0"),
        ("full", "2", "full = 2: give True or False"),
        ("input_gate_bias", "[1, x]", "input_gate_bias = [1, x]: give a finite number"),
        ("input_gate_bias", "[1]", "give one number for each of the n_blocks = 2"),
    ],
)
def test_anything_else_is_refused_in_one_line(toy, name, text, said):
    with pytest.raises(ReplicateError) as raised:
        parameters.check(toy, {name: text})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_smoke_preset_is_what_the_setting_is_judged_by(toy):
    smoke = {"preset": "smoke", "T": "30"}
    assert parameters.check(toy, smoke) == {"preset": "smoke", "T": 30}


def test_a_chapter_without_trials_names_what_judges_its_values(toy_book, toy):
    page = notebook(
        new_code_cell("n: int = 50  # units, 2 to 200", metadata={"tags": ["parameters"]}),
        experiments=[],
    )
    page.metadata["replicate"]["setting"] = "replicate.flow.setting:GradientFlow"
    write(toy.path, page)
    assert parameters.check(toy, {"n": "20"}) == {"n": 20}
    with pytest.raises(ReplicateError, match="n = 1: give 2 to 200"):
        parameters.check(toy, {"n": "1"})
    with pytest.raises(ReplicateError, match="has no parameter 'm': it has n"):
        parameters.check(toy, {"m": "20"})


def test_values_come_in_the_order_of_the_cell(toy):
    assert list(parameters.check(toy, {"seed": "1", "T": "60"})) == ["T", "seed"]


def test_fields_of_a_setting_are_parameters_too():
    known = parameters.of_setting(Adding)
    texts = {"T": "1e3", "input_gate_bias": "[-3.0,-6.0]", "first_pair": "never"}
    assert parameters.parse("adding", known, texts) == {
        "T": 1000, "first_pair": "never", "input_gate_bias": [-3.0, -6.0],
    }  # fmt: skip
    with pytest.raises(ReplicateError, match="did you mean first_pair"):
        parameters.parse("adding", known, {"first_piar": "never"})


def test_a_default_that_is_not_a_literal_is_an_error(toy_book, toy):
    source = toy.path.read_text().replace(
        "learning_rate: float = 0.5", "learning_rate: float = 1/2"
    )
    toy.path.write_text(source)
    with pytest.raises(ReplicateError, match="default of learning_rate must be a literal"):
        parameters.read(toy)
