import os
from pathlib import Path

import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision.package_index import IndexSettings, finders, web_client


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Variables of a user whose configuration files are in a folder of their own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "pip").mkdir()
    (tmp_path / "uv").mkdir()
    return {
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path / "none"),
        "PIP_CONFIG_FILE": str(tmp_path / "pip" / "pip.conf"),
        "UV_CONFIG_FILE": str(tmp_path / "uv" / "uv.toml"),
    }


def places(settings: IndexSettings) -> list[str]:
    with web_client(settings) as client:
        return [finder.sources[0]["url"] for finder in finders(client, settings)]


def test_variable_of_pip_wins_over_its_file(home):
    Path(home["PIP_CONFIG_FILE"]).write_text("[global]\nindex-url = https://file.example/\n")
    assert IndexSettings.read(home).index_urls == ("https://file.example/",)
    home["PIP_INDEX_URL"] = "https://variable.example/"
    assert IndexSettings.read(home).index_urls == ("https://variable.example/",)


def test_options_of_pip_may_list_several_on_several_lines(home):
    Path(home["PIP_CONFIG_FILE"]).write_text(
        "[global]\nextra-index-url =\n    https://a.example/\n    https://b.example/\n"
        "[install]\nfind_links = /wheels /more\ntrusted-host = a.example\ncert = /ca.pem\n"
    )
    settings = IndexSettings.read(home)
    assert settings.extra_index_urls == ("https://a.example/", "https://b.example/")
    assert settings.find_links == ("/wheels", "/more")
    assert settings.trusted_hosts == ("a.example",)
    assert settings.ca_file == "/ca.pem"


def test_null_device_as_configuration_file_turns_the_files_of_pip_off(home):
    home["PIP_CONFIG_FILE"] = os.devnull
    assert IndexSettings.read(home) == IndexSettings()


def test_indexes_of_uv_are_read_from_its_file(home):
    home["PIP_CONFIG_FILE"] = os.devnull
    Path(home["UV_CONFIG_FILE"]).write_text(
        'find-links = ["/wheels"]\n'
        '[[index]]\nname = "own"\nurl = "https://own.example/simple"\ndefault = true\n'
        '[[index]]\nurl = "https://other.example/simple"\n'
    )
    assert IndexSettings.read(home) == IndexSettings(
        index_urls=("https://own.example/simple",),
        extra_index_urls=("https://other.example/simple",),
        find_links=("/wheels",),
    )


def test_named_indexes_of_uv_lose_their_names(home):
    home |= {"PIP_CONFIG_FILE": os.devnull, "UV_INDEX": "a=https://a.example/?k=v file:///b"}
    assert IndexSettings.read(home).extra_index_urls == ("https://a.example/?k=v", "file:///b")


def test_broken_configuration_files_are_passed_over(home):
    without = IndexSettings.read(home)
    Path(home["PIP_CONFIG_FILE"]).write_text("no section\n")
    Path(home["UV_CONFIG_FILE"]).write_text("[[[\n")
    assert IndexSettings.read(home) == without


def test_links_are_asked_first_and_the_default_index_before_extra_ones():
    asked = places(
        IndexSettings(find_links=("/wheels",), extra_index_urls=("https://extra.example/",))
    )
    assert asked[0] == "/wheels"
    assert asked[2:] == ["https://extra.example/"]
    assert len(asked) == 3


def test_own_index_takes_the_place_of_the_default():
    assert places(IndexSettings(index_urls=("https://own.example/",))) == ["https://own.example/"]


@pytest.mark.parametrize("variable", ["PIP_NO_INDEX", "UV_NO_INDEX", "UV_OFFLINE"])
def test_offline_asks_links_only(home, variable):
    home |= {"PIP_CONFIG_FILE": os.devnull, variable: "1", "PIP_FIND_LINKS": "/wheels"}
    assert places(IndexSettings.read(home)) == ["/wheels"]


def test_certificates_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"gone\.pem"):
        web_client(IndexSettings(ca_file=str(tmp_path / "gone.pem")))
