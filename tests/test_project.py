"""The project's own files: they agree with each other, and hold nothing of one machine."""

import json
import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import replicate

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = [Requirement(line) for line in (ROOT / "requirements.lock").read_text().splitlines()]
PINS = {each.name.lower().replace("_", "-"): str(each.specifier)[2:] for each in LOCK}
ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:home|Users|root|work|opt|tmp|mnt)/\w")


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def wanted(*extras: str) -> list[Requirement]:
    project = PROJECT["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][e] for e in extras)]
    return [Requirement(line) for each in lists for line in each]


def test_the_lock_holds_exact_versions_from_no_index_and_no_cuda():
    assert all(re.fullmatch(r"==[\w.]+", str(each.specifier)) and not each.url for each in LOCK)
    assert not [name for name in PINS if re.match(r"nvidia|cuda|triton", name)]


@pytest.mark.parametrize("need", wanted("test", "lab", "bench"), ids=str)
def test_the_lock_holds_what_pyproject_asks_for(need):
    assert need.specifier.contains(PINS[need.name.lower().replace("_", "-")])


def test_the_compiler_is_the_same_for_installing_and_for_testing():
    build = map(Requirement, PROJECT["build-system"]["requires"])
    pins = {str(need.specifier) for need in [*build, *wanted("test")] if need.name == "ziglang"}
    assert pins == {f"=={PINS['ziglang']}"}


def test_conda_takes_the_lock_and_a_python_that_pyproject_allows():
    python, pip, by_pip = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert pip == "pip"
    assert by_pip == {"pip": ["-r requirements.lock", "-e ."]}
    name, number = python.split("=")
    allowed = Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    assert name == "python"
    assert allowed.contains(number)


def test_versions_agree():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == replicate.__version__ == version("replicate")
    assert cited["license"] == PROJECT["project"]["license"]


@pytest.mark.parametrize("path", tracked("*.ipynb"), ids=lambda path: path.name)
def test_notebooks_have_no_outputs(path):
    code = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    assert code
    assert not [cell for cell in code if cell["outputs"] or cell["execution_count"]]


def test_no_file_names_a_folder_of_one_machine():
    files = [path for path in tracked() if path.suffix not in (".gz", ".npz", ".png")]
    named = {path: ABSOLUTE.search(path.read_text(encoding="utf-8")) for path in files}
    assert len(files) > 20
    assert not {path.name: hit.group() for path, hit in named.items() if hit}


def test_a_reader_finishes_a_file_in_one_sitting():
    files = tracked("src")
    assert len(files) > 20
    assert not [path.name for path in files if path.read_text().count("\n") >= 300]


def test_the_book_has_every_page_once_and_no_other():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    pages = [toc["root"], *(page["file"] for part in toc["parts"] for page in part["chapters"])]
    sources = [path.with_suffix("") for path in tracked("chapters/**.md", "chapters/**.ipynb")]
    assert sorted(sources) == sorted(ROOT / page for page in pages)
