import io

from genesis_ray.cli.console import PlainConsole, headed


def printed(*what) -> str:
    shown = io.StringIO()
    PlainConsole(file=shown, width=80).print(*what)
    return shown.getvalue()


def test_brackets_and_colons_in_texts_mean_nothing():
    assert printed("Ada [/x] [bold]B[/bold] :key:") == "Ada [/x] [bold]B[/bold] :key:\n"
    assert printed(headed("failed:", "[/x]")) == "failed: [/x]\n"


def test_what_would_steer_a_terminal_is_not_printed():
    assert printed("Ad\x1b[31ma\x9b") == "Ad�[31ma�\n"
    assert printed(headed("Ad\x1b:", "\x07")) == "Ad�: �\n"
