"""Two writers and four readers on one pond, each command a process of its own.

Both writers append to one shared series and write pairs of tables that must change together; now and then they move
their own files, vacuum and compact. A reader checks that it sees every change acknowledged before it began, no change
twice, and no half of one: a batch of rows is whole, both tables of a pair are of one step, and what a reader has seen
is never gone for the next.
"""

import datetime
import json
import os
import subprocess
import threading
import time

import conftest

SECONDS = float(os.environ.get("POND_CONCURRENT_SECONDS", "20"))
WRITERS = 2
READERS = 4
BATCH = 10
CONFLICT = "try again"

ROWS = """
SELECT writer, step, count(*) AS rows, count(DISTINCT number) AS numbers FROM '/shared/level.series'
GROUP BY writer, step ORDER BY writer, step
"""


def time_of(minutes):
    return (datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=minutes)).isoformat() + "Z"


class Failed(Exception):
    pass


def pond(directory, *arguments):
    return subprocess.run([conftest.POND, *map(str, arguments)], env=conftest.Pond(directory).environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


class Scene:
    def __init__(self, directory, host):
        self.directory = directory
        self.host = host
        self.until = time.monotonic() + SECONDS
        self.acknowledged = [0] * WRITERS
        self.pairs = [0] * WRITERS
        self.conflicts = self.commits = self.reads = 0
        self.lock = threading.Lock()
        self.problems = []

    def over(self):
        return time.monotonic() > self.until or self.problems

    def change(self, *arguments):
        """Runs a command until it lands: a conflict with the other writer is said, and the command given again."""
        while True:
            done = pond(self.directory, *arguments)
            if done.returncode == 0:
                with self.lock:
                    self.commits += 1
                return
            if CONFLICT not in done.stderr:
                raise Failed(f"pond {' '.join(map(str, arguments))}: {done.stderr}")
            with self.lock:
                self.conflicts += 1

    def write(self, writer):
        folder = self.host / f"writer-{writer}"
        folder.mkdir()
        step = 0
        while not self.over():
            step += 1
            rows = [f"{time_of(step * BATCH + n)},{writer},{step},{n}" for n in range(BATCH)]
            (folder / "rows.csv").write_text("\n".join(["timestamp,writer,step,number", *rows]) + "\n")
            self.change("copy", f"host+csv+series://{folder}/rows.csv", "/shared/level.series")
            self.acknowledged[writer] = step
            if step % 3 == 0:
                for side in ("left", "right"):
                    (folder / f"{side}.csv").write_text(f"step\n{step}\n")
                self.change("copy", f"host+csv+table://{folder}/left.csv", f"host+csv+table://{folder}/right.csv",
                            f"/pairs-{writer}/")
                self.pairs[writer] = step
            if step % 7 == 0:
                self.change("mkdir", "-p", f"/own-{writer}/d{step}")
                self.change("mv", f"/own-{writer}/d{step}", f"/own-{writer}/e{step}")
            if step % 20 == 0:
                self.change("maintain", "--vacuum", *(["--compact"] if writer == 0 else []))

    def read(self, reader):
        seen = [0] * WRITERS
        while not self.over():
            wanted = list(self.acknowledged)
            pairs = list(self.pairs)
            if sum(wanted) == 0:
                time.sleep(0.05)
                continue
            done = pond(self.directory, "sql", ROWS, "--format", "json")
            if done.returncode != 0:
                raise Failed(f"reader {reader}: {done.stderr}")
            steps = [[] for _ in range(WRITERS)]
            for line in map(json.loads, done.stdout.splitlines()):
                if line["rows"] != BATCH or line["numbers"] != BATCH:
                    raise Failed(f"reader {reader} saw a batch of {line}")
                steps[line["writer"]].append(line["step"])
            for writer in range(WRITERS):
                if steps[writer] != list(range(1, len(steps[writer]) + 1)):
                    raise Failed(f"reader {reader} saw the steps {steps[writer]} of writer {writer}")
                least = max(wanted[writer], seen[writer])
                if len(steps[writer]) < least:
                    raise Failed(f"reader {reader} saw {len(steps[writer])} of {least} batches of writer {writer}")
                seen[writer] = len(steps[writer])
                if pairs[writer]:
                    both = pond(self.directory, "sql", f"SELECT l.step AS l, r.step AS r FROM '/pairs-{writer}/left.csv' l,"
                                f" '/pairs-{writer}/right.csv' r", "--format", "json")
                    if both.returncode != 0:
                        raise Failed(f"reader {reader}: {both.stderr}")
                    (pair,) = map(json.loads, both.stdout.splitlines())
                    if pair["l"] != pair["r"] or pair["l"] < pairs[writer]:
                        raise Failed(f"reader {reader} saw the pair {pair}, of which {pairs[writer]} was acknowledged")
            with self.lock:
                self.reads += 1

    def guard(self, work, *arguments):
        try:
            work(*arguments)
        except Exception as problem:  # said by the test's own thread
            self.problems.append(problem)


def test_two_writers_and_four_readers(pond, tmp_path):
    pond.run("mkdir", "/shared")
    for writer in range(WRITERS):
        pond.run("mkdir", f"/pairs-{writer}")
        pond.run("mkdir", f"/own-{writer}")
    scene = Scene(pond.directory, tmp_path)
    threads = [threading.Thread(target=scene.guard, args=(scene.write, w)) for w in range(WRITERS)]
    threads += [threading.Thread(target=scene.guard, args=(scene.read, r)) for r in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not scene.problems
    final = {}
    for line in map(json.loads, pond.text("sql", ROWS, "--format", "json").splitlines()):
        assert line["rows"] == line["numbers"] == BATCH
        final.setdefault(line["writer"], []).append(line["step"])
    for writer in range(WRITERS):
        assert final[writer] == list(range(1, scene.acknowledged[writer] + 1))
    assert json.loads(pond.text("fsck", "--json"))["good"]
    print(f"{scene.commits} commits, {scene.conflicts} conflicts, {scene.reads} reads in {SECONDS:.0f} s")
