"""Runs the sessions in *.test: each is a shell session with what it prints.

    # A remark.
    $ pond mkdir /a                  a command; lines that begin with "> " continue it
    $ pond mkdir /a                  what follows it is all it prints, stdout and stderr together
    error: already exists: /a (directory)
    [exit 1]                         its exit code, when that is not 0
    [unchanged]                      no file of the pond was touched by it

Each session begins in an empty directory with POND=./pond, a pond that does not exist yet, and the measurements of
examples/data in ./data. <blank> is an empty line. In what is expected <time>, <id> (a UUID), <hash>, <n> (a number) and <any> stand for
text that varies, and in a line with one of them a run of blanks for one of any length; <dir> is the
session's directory.

docs/cookbook.md is such a session too: its indented lines are, and the rest are remarks.

    UPDATE=1 pytest tests/cli        writes what the commands print into the files; lines that matched stay
"""

import os
import pathlib
import re
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest

from conftest import POND, SOURCE

HERE = pathlib.Path(__file__).parent
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
HASH = r"\b[0-9a-f]{64}\b"
WILDCARDS = {
    "<time>": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?",
    "<id>": UUID,
    "<hash>": HASH,
    "<n>": r"[\d,.]+",
    "<any>": r".*",
}
PRELUDE = """
__tree() { if [ -d "$POND" ]; then (cd "$POND" && find . -type f -exec sha256sum {} + | sort | sha256sum); fi; }
__begin() { __before=$1; }
__end() { printf '\\n\\001%s %s\\n' "$__code" "$([ "$__before" = "$1" ] && echo same)"; }
"""


@dataclass
class Step:
    """A command and what it is to print. `remarks` are the lines before it."""

    remarks: list[str]
    command: list[str]
    expected: list[str] = field(default_factory=list)
    exit: int = 0
    unchanged: bool = False


def parse(text: str) -> tuple[list[Step], list[str]]:
    """The steps, and the lines after the last."""
    steps: list[Step] = []
    remarks: list[str] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append(Step(remarks, [line[2:]]))
            remarks = []
        elif line.startswith("#") or not line.strip():
            remarks.append(line)
        elif not steps or remarks:
            raise ValueError(f"neither a remark nor what a command prints: {line!r}")
        elif line.startswith("> ") and not steps[-1].expected:
            steps[-1].command.append(line[2:])
        elif match := re.fullmatch(r"\[exit (\d+)\]", line):
            steps[-1].exit = int(match[1])
        elif line == "[unchanged]":
            steps[-1].unchanged = True
        else:
            steps[-1].expected.append("" if line == "<blank>" else line)
    return steps, remarks


def matches(expected: str, actual: str, directory: str) -> bool:
    """Is `actual` what the line `expected` says?"""
    expected = expected.replace("<dir>", directory)
    if expected == actual:
        return True
    pattern = ""
    wild = False
    for part in re.split(r"(<\w+>| +)", expected):
        wild = wild or part in WILDCARDS
        pattern += WILDCARDS.get(part, " +" if part.isspace() else re.escape(part))
    return wild and re.fullmatch(pattern, actual) is not None


def generalised(actual: str, directory: str) -> str:
    """An actual line, as a file would expect it."""
    line = actual.replace(directory, "<dir>")
    line = re.sub(UUID, "<id>", line)
    line = re.sub(HASH, "<hash>", line)
    day = "|".join((datetime.now(timezone.utc) + timedelta(days=n)).strftime("%Y-%m-%d") for n in (-1, 0, 1))
    line = re.sub(rf"({day})[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "<time>", line)
    line = re.sub(r"\d[\d.,]* (B|kB|bytes)\b", r"<n> \1", line)
    line = re.sub(r'("(?:bytes|size)":)\d+', r"\1<n>", line)
    line = re.sub(r"^(\[(?:TAB|SER)\] +)\d+", r"\1<n>", line)
    line = re.sub(r"(Author   : ).*", r"\1<any>", line)
    line = re.sub(r'("author":)"[^"]*"', r'\1"<any>"', line)
    return line


def run(steps: list[Step], directory: pathlib.Path) -> list[tuple[list[str], int, bool]]:
    """What each step printed, its exit code, and whether the pond stayed as it was."""
    script = PRELUDE
    for step in steps:
        tree = "$(__tree)" if step.unchanged else ""
        script += f'__begin "{tree}"\n' + "{ " + "\n".join(step.command) + "\n} 2>&1\n__code=$?\n" + f'__end "{tree}"\n'
    bin_directory = directory / ".bin"
    bin_directory.mkdir()
    (bin_directory / "pond").symlink_to(POND)
    (directory / ".home").mkdir()
    (directory / "data").symlink_to(SOURCE / "examples/data")
    (directory / ".session").write_text(script)
    environment = {
        "PATH": f"{bin_directory}:{os.environ['PATH']}",
        "HOME": str(directory / ".home"),
        "POND": "pond",
        "NO_COLOR": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
    for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
        if name in os.environ:
            environment[name] = os.environ[name]
    done = subprocess.run(["bash", ".session"], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    results = []
    text = done.stdout.decode(errors="replace")
    for part in re.finditer(r"(.*?)\n\001(\d+) (\w*)\n", text, re.DOTALL):
        printed = part[1].split("\n")
        if printed[-1] == "":
            printed.pop()
        results.append((printed, int(part[2]), part[3] == "same"))
    assert len(results) == len(steps), text
    return results


def updated(steps, results, tail, directory: str) -> str:
    """The session's text with what was really printed."""
    lines = []
    for step, (printed, code, _) in zip(steps, results):
        lines += step.remarks
        lines += ["$ " + step.command[0]] + ["> " + more for more in step.command[1:]]
        for i, actual in enumerate(printed):
            known = step.expected[i] if i < len(step.expected) else ""
            line = known if matches(known, actual, directory) else generalised(actual, directory)
            lines.append(line or "<blank>")
        if code != 0:
            lines.append(f"[exit {code}]")
        if step.unchanged:
            lines.append("[unchanged]")
    return "\n".join(lines + tail) + "\n"


def read_session(path: pathlib.Path) -> str:
    text = path.read_text()
    if path.suffix != ".md":
        return text
    return "\n".join(line[4:] if line.startswith("    ") else line and "#|" + line for line in text.splitlines())


def write_session(path: pathlib.Path, text: str) -> None:
    if path.suffix == ".md":
        lines = (line[2:] if line.startswith("#|") else line and "    " + line for line in text.splitlines())
        text = "\n".join(lines) + "\n"
    path.write_text(text)


SESSIONS = [*sorted(HERE.glob("*.test")), SOURCE / "docs/cookbook.md"]


@pytest.mark.parametrize("session", SESSIONS, ids=lambda path: path.stem)
def test_session(session: pathlib.Path, tmp_path: pathlib.Path):
    """One session file."""
    steps, tail = parse(read_session(session))
    results = run(steps, tmp_path)
    if os.environ.get("UPDATE"):
        write_session(session, updated(steps, results, tail, str(tmp_path)))
    problems = []
    for step, (printed, code, same) in zip(steps, results):
        fits = len(step.expected) == len(printed) and all(
            matches(e, a, str(tmp_path)) for e, a in zip(step.expected, printed))
        if os.environ.get("UPDATE"):
            fits, code = True, step.exit
        if fits and code == step.exit and (same or not step.unchanged):
            continue
        problems += ["$ " + "\n> ".join(step.command), *(f"  - {line}" for line in step.expected),
                     *(f"  + {line}" for line in printed)]
        if code != step.exit:
            problems.append(f"  exit code {code}, not {step.exit}")
        if step.unchanged and not same:
            problems.append("  the pond changed")
    assert not problems, "\n" + "\n".join(problems)
