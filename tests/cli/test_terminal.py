"""What a person at a terminal sees: a pseudo-terminal in place of a pipe."""

import os
import pty
import re
import subprocess

import pytest

from conftest import POND


def at_terminal(pond, *arguments, keys=b"", **environment) -> str:
    """What the program shows on a terminal, its input coming from `keys`."""
    ours, theirs = pty.openpty()
    variables = {**os.environ, "POND": str(pond.directory), "TERM": "xterm", **environment}
    if "NO_COLOR" not in environment:
        variables.pop("NO_COLOR", None)
    program = subprocess.Popen([POND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=variables)
    os.close(theirs)
    os.write(ours, keys)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    program.wait(60)
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def dock(pond, tmp_path):
    """A pond with /dock.series of one row, and a directory."""
    (tmp_path / "dock.csv").write_text("timestamp,temp\n2024-05-01T00:00:00Z,10\n")
    pond.run("copy", f"host+csv+series://{tmp_path}/dock.csv", "/dock.series")
    pond.run("mkdir", "/sensors")
    return pond


def test_cat_shows_a_table(dock):
    assert at_terminal(dock, "cat", "/dock.series") == (
        "+----------------------+--------+\n"
        "| timestamp            | temp   |\n"
        "| timestamptz          | bigint |\n"
        "+----------------------+--------+\n"
        "| 2024-05-01T00:00:00Z | 10     |\n"
        "+----------------------+--------+\n"
        "Summary: 1 total rows\n")


def test_colours_unless_refused(dock):
    assert "\x1b[1;34m/sensors\x1b[0m" in at_terminal(dock, "list")
    assert "\x1b" not in at_terminal(dock, "list", NO_COLOR="1")
    assert at_terminal(dock, "cat", "/nothing").startswith("\x1b[1;31merror:\x1b[0m ")
    assert "\x1b" not in dock.text("list")


def test_prompt_goes_on_after_an_error(dock):
    shown = at_terminal(dock, "sql", "--format", "csv",
                        keys=b"SELEC 1;\nSELECT temp\nFROM '/dock.series';\n.quit\n")
    assert "pond> " in shown and "  ...> " in shown
    assert "error: " in shown
    assert re.search(r"temp\n10\n", shown)


def test_prompt_completes_and_remembers(dock, tmp_path):
    state = str(tmp_path / "state")
    shown = at_terminal(dock, "sql", "--format", "csv", XDG_STATE_HOME=state,
                        keys=b"SELECT te\t FROM '/do\t';\n"  # the column is not known yet
                             b"FROM '/dock.series' SELECT te\t;\n"
                             b".tables\n.schema /dock.series\n.nonsense\n.quit\n")
    assert "FROM '/dock.series" in shown
    assert re.search(r"temp\n10\n", shown)
    assert re.search(r"\n/dock.series\n", shown)
    assert re.search(r"temp,BIGINT", shown)
    assert "no command .nonsense" in shown
    history = (tmp_path / "state/pond/sql_history").read_text()
    assert ".schema /dock.series" in history.replace("\\040", " ")
    # An arrow up brings back what an earlier session asked.
    again = at_terminal(dock, "sql", "--format", "csv", XDG_STATE_HOME=state,
                        keys=b"\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\n.quit\n")
    assert re.search(r"temp\n10\n", again)


def test_info_words(dock):
    done = dock.run("mkdir", "/more")
    assert done.stderr == b""
    os.environ["POND_LOG"] = "info"
    try:
        assert re.fullmatch(rb"committed transaction \d+\n", dock.run("mkdir", "/again").stderr)
    finally:
        del os.environ["POND_LOG"]
