"""What every Python test shares: the program under test, the repository, and a way to run commands."""

import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ.get("POND_SOURCE_DIR", pathlib.Path(__file__).parents[1]))
POND = os.environ.get("POND_BIN", str(SOURCE / "build/release/pond"))
HYDROVU_SERVER = os.environ.get("HYDROVU_SERVER", str(SOURCE / "build/release/tests/hydrovu-server"))


class Pond:
    """A pond in a directory, and the `pond` program run on it."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory

    def environment(self) -> dict[str, str]:
        return {**os.environ, "POND": str(self.directory), "NO_COLOR": "1"}

    def run(self, *arguments: str, check: bool = True, **options) -> subprocess.CompletedProcess:
        """Runs `pond ARGUMENTS`; with `check` a failure shows what the command said."""
        done = subprocess.run(
            [POND, *map(str, arguments)], env=self.environment(), capture_output=True, timeout=300, **options
        )
        if check and done.returncode != 0:
            raise AssertionError(f"pond {' '.join(map(str, arguments))} said {done.returncode}:\n"
                                 f"{done.stdout.decode(errors='replace')}{done.stderr.decode(errors='replace')}")
        return done

    def text(self, *arguments: str) -> str:
        return self.run(*arguments).stdout.decode()


@pytest.fixture
def pond(tmp_path) -> Pond:
    """A fresh pond."""
    made = Pond(tmp_path / "pond")
    made.run("init")
    return made


@pytest.fixture
def measurements() -> pathlib.Path:
    """The folder of the USGS measurements."""
    return SOURCE / "examples/data"
