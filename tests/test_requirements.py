import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PINNED_FILES = sorted(path.name for path in ROOT.glob("requirements*.txt"))
NEVER_INSTALLED = {
    "opencv-python; sys_platform == 'never'",
    "rfc3987-syntax; sys_platform == 'never'",
}
HASHES = re.compile(r"(?: --hash=sha256:[0-9a-f]{64})+")


def entries(name: str) -> list[str]:
    """The requirements of a pinned file, each joined to one line."""
    text = (ROOT / name).read_text().replace(" \\\n   ", "")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins(name: str) -> dict[str, set[Version]]:
    """The versions a pinned file has of each package: one for each marker."""
    found: dict[str, set[Version]] = {}
    for entry in entries(name):
        line = HASHES.sub("", entry)
        found.setdefault(name_of(line), set()).add(exact_version(line))
    return found


def name_of(line: str) -> str:
    return canonicalize_name(Requirement(line).name)


def exact_version(line: str) -> Version:
    (specifier,) = Requirement(line).specifier
    assert specifier.operator == "=="
    return Version(specifier.version)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_there_is_a_pinned_file_for_each_purpose():
    assert PINNED_FILES == [
        "requirements-aws.txt",
        "requirements-dev.txt",
        "requirements-setup.txt",
        "requirements.txt",
    ]


@pytest.mark.parametrize("name", PINNED_FILES)
def test_every_entry_is_pinned_with_hashes(name):
    assert entries(name)
    for entry in entries(name):
        assert re.fullmatch(r"[a-z0-9._-]+==[^ ]+( ; [^\\]+?)?" + HASHES.pattern, entry), entry


@pytest.mark.parametrize("name", PINNED_FILES)
def test_a_pinned_file_has_no_addresses(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"://|@ |^ *-(?!-hash)|\.(org|com|net|io)\b", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("requirements.txt", ["dependencies", "build"]),
        ("requirements-dev.txt", ["dependencies", "build", "dev"]),
        ("requirements-setup.txt", ["setup"]),
        ("requirements-aws.txt", ["aws"]),
    ],
)
def test_pinned_files_agree_with_the_project(project, name, groups):
    declared = {"dependencies": project["project"]["dependencies"], **project["dependency-groups"]}
    pinned = pins(name)
    for line in (line for group in groups for line in declared[group]):
        assert pinned[name_of(line)] == {exact_version(line)}, line


@pytest.mark.parametrize("name", ["requirements-dev.txt", "requirements-aws.txt"])
def test_files_that_are_installed_together_have_the_same_versions(name):
    base, other = pins("requirements.txt"), pins(name)
    shared = base.keys() & other.keys()
    assert shared
    assert {package: other[package] for package in shared} == {p: base[p] for p in shared}


def test_what_builds_the_project_is_what_the_pinned_file_installs(project):
    assert project["build-system"]["requires"] == project["dependency-groups"]["build"]


def test_overrides_are_the_versions_the_project_asks_for(project):
    overrides = set(project["tool"]["uv"]["override-dependencies"]) - NEVER_INSTALLED
    assert overrides
    assert overrides <= set(project["project"]["dependencies"])


def test_only_the_headless_build_of_opencv_is_installed(project):
    assert set(project["tool"]["uv"]["override-dependencies"]) >= NEVER_INSTALLED
    assert [n for n in pins("requirements-dev.txt") if n.startswith("opencv")] == [
        "opencv-python-headless"
    ]


def test_a_process_of_rays_compiles_no_grammar_at_its_start():
    """With rfc3987-syntax beside it, which Jupyter brings, `import ray` took four times as long."""
    loaded = "import ray, sys; print('jsonschema' in sys.modules, 'lark' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False"]
