"""A pond with the example's three gauges, its site behind a plain static server, and a browser."""

import functools
import http.server
import os
import pathlib
import subprocess
import threading

import pytest

from browser import Browser

ROOT = pathlib.Path(os.environ.get("POND_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
DATA = ROOT / "examples/data"
GAUGES = {"01581752": "Plumtree Run near Bel Air", "01650800": "Sligo Creek near Takoma Park",
          "01589330": "Dead Run at Franklintown"}
SITE = """
version: v1
kind: mkdir
metadata: {path: /hydrovu}
---
version: v1
kind: mknod
metadata: {path: /site}
spec:
  factory: site
  config:
    title: Streams & <i>creeks</i> of Maryland
    description: Water quality and flow at three gages of the U.S. Geological Survey.
    charts:
"""


class Pond:
    def __init__(self, directory):
        self.program = os.environ["POND_BIN"]
        self.directory = directory / "pond"

    def __call__(self, *words, **options):
        done = subprocess.run([self.program, *map(str, words)], env={**os.environ, "POND": str(self.directory)},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
        assert done.returncode == 0, f"pond {' '.join(map(str, words))}: {done.stderr}{done.stdout}"
        return done.stdout


@pytest.fixture(scope="session")
def pond(tmp_path_factory):
    directory = tmp_path_factory.mktemp("station")
    pond = Pond(directory)
    document = directory / "site.yaml"
    document.write_text(SITE + "".join(
        f"      - {{title: '{title}', series: /hydrovu/{gauge}.series}}\n" for gauge, title in GAUGES.items()))
    pond("init")
    pond("mkdir", "/hydrovu")
    for gauge in GAUGES:
        pond("copy", f"host+series://{DATA}/usgs-{gauge}.parquet", f"/hydrovu/{gauge}.series")
    pond("apply", "-f", document)
    return pond


class StaticServer(http.server.ThreadingHTTPServer):
    """Files of one folder, without ranges or anything else; it remembers what was asked."""

    daemon_threads = True

    def __init__(self, folder):
        self.asked = []
        server = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                server.asked.append(self.path)

        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def tiles(self):
        """The tiles asked for, as chart/resolution/period."""
        return [path.split("/data/")[1].split(".parquet")[0] for path in self.asked if ".parquet" in path]


@pytest.fixture(scope="session")
def site(pond, tmp_path_factory):
    """The built site's folder, below a folder that is served: the page lives on a sub-path."""
    folder = tmp_path_factory.mktemp("www") / "some where" / "site"
    pond("site", "build", "/site", folder)
    return folder


@pytest.fixture(scope="session")
def server(site):
    server = StaticServer(site.parents[1])
    yield server
    server.shutdown()


@pytest.fixture(scope="session")
def chromium():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def page(chromium, server):
    """Opens the page and waits until what is in view is drawn."""
    base = f"http://127.0.0.1:{server.server_port}/some%20where/site/"

    def visit(fragment="", **look):
        server.asked.clear()
        chromium.open(base + fragment, **look)
        settle(chromium)
        return chromium

    visit.base = base
    yield visit
    assert chromium.complaints() == []
    assert [address for address in chromium.requested() if not address.startswith((base, "data:", "about:"))] == []


def settle(browser):
    """Waits until every chart in view shows what it wants to."""
    browser.until("""document.readyState === 'complete' && (() => {
        const seen = [...document.querySelectorAll('.chart')].filter((c) => {
          const box = c.getBoundingClientRect();
          return box.top < innerHeight && box.bottom > 0;
        });
        return seen.length > 0 && seen.every((c) => c.dataset.resolution && !c.classList.contains('loading'));
    })()""", "the charts are drawn")


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory):
    """Where screenshots go."""
    folder = pathlib.Path(os.environ.get("POND_ARTIFACTS") or tmp_path_factory.mktemp("artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
