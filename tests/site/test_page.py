"""The page in a browser: what it draws, what it fetches, and how it is moved."""

import re
import time

from conftest import settle

PLUMTREE = "plumtree-run-near-bel-air"
SLIGO = "sligo-creek-near-takoma-park"

# How many pixels of each panel's canvas carry colour (not transparent, not grey).
COLOURED = """[...document.querySelectorAll('#%s .uplot canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 60 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 40) coloured++;
  }
  return coloured;
})"""


def resolution(browser, slug=PLUMTREE):
    return browser.run(f"document.getElementById('{slug}').dataset.resolution")


def pressed(browser, slug=PLUMTREE):
    return browser.run(f"document.querySelector('#{slug} .ranges [aria-pressed=true]')?.textContent ?? ''")


def plot_box(browser, slug=PLUMTREE, panel=0):
    return browser.run(f"""(() => {{
      const box = document.querySelectorAll('#{slug} .u-over')[{panel}].getBoundingClientRect();
      return [box.left, box.top, box.width, box.height];
    }})()""")


def hash_range(browser, slug=PLUMTREE):
    """The chart's range in the address, in hours."""
    found = browser.until(f"location.hash.match(/{slug}=([^/&]+)\\/([^&]+)/)?.slice(1)")
    begin, end = (time.mktime(time.strptime(t.rstrip("Z").ljust(19, "x").replace("xxx", ":00"), "%Y-%m-%dT%H:%M:%S"))
                  for t in found)
    return (end - begin) / 3600


def test_all_panels_are_drawn(page, artifacts):
    browser = page()
    coloured = browser.run(COLOURED % PLUMTREE)
    assert len(coloured) == 5
    assert min(coloured) > 300, coloured
    assert browser.run("document.querySelector('h1').textContent") == "Streams & <i>creeks</i> of Maryland"
    values = browser.run(f"[...document.querySelectorAll('#{PLUMTREE} .value')].map((v) => v.innerText.replace(/\\s+/g, ' '))")
    assert values == ["Water temperature 7.4 °C", "Discharge 46.2 ft³/s", "Gage height 2.09 ft",
                      "Specific conductance 122 µS/cm", "Turbidity 43.3 FNU"]
    browser.screenshot(artifacts / "desktop.png")


def test_the_first_paint_needs_the_coarsest_tile_of_the_chart_in_view(page, server):
    page()
    assert server.tiles() == [f"{PLUMTREE}/1d/2010s"]


def test_a_day_in_the_address_fetches_its_readings(page, server, artifacts):
    browser = page(f"#{PLUMTREE}=2018-05-16T00:00Z/2018-05-17T00:00Z")
    assert resolution(browser) == "raw"
    assert f"{PLUMTREE}/raw/2018-05" in server.tiles()
    assert f"{PLUMTREE}/raw/2016-01" not in server.tiles()
    assert "every reading" in browser.run(f"document.querySelector('#{PLUMTREE} .detail').textContent")
    browser.screenshot(artifacts / "day.png")


def test_each_range_has_its_resolution(page):
    browser = page()
    for preset, expected in [("Day", "raw"), ("Week", "raw"), ("Month", "1h"), ("Year", "6h"), ("All", "1d")]:
        browser.run(f"[...document.querySelectorAll('#{PLUMTREE} .ranges button')].find((b) => b.textContent === '{preset}').click()")
        browser.until(f"document.getElementById('{PLUMTREE}').dataset.resolution === '{expected}'", preset)
        # Two ranges may have one resolution: the button tells when the second is drawn.
        browser.until(f"document.querySelector('#{PLUMTREE} .ranges [aria-pressed=true]')?.textContent === '{preset}'", preset)
    browser.run(f"[...document.querySelectorAll('#{PLUMTREE} .ranges button')][1].click()")
    browser.until(f"location.hash === '#{PLUMTREE}=week'")


def test_dragging_zooms_and_a_double_click_shows_all(page):
    browser = page()
    left, top, width, height = plot_box(browser)
    browser.drag((left + width * 0.40, top + 50), (left + width * 0.42, top + 60))
    hours = hash_range(browser)
    assert 0.018 < hours / (3 * 365.25 * 24) < 0.022
    browser.until(f"document.getElementById('{PLUMTREE}').dataset.resolution === '1h'")
    for count in (1, 2):
        browser.mouse("mousePressed", left + 200, top + 50, button="left", buttons=1, clickCount=count)
        browser.mouse("mouseReleased", left + 200, top + 50, button="left", clickCount=count)
    browser.until("location.hash === ''")
    assert pressed(browser) == "All"


def test_the_wheel_zooms_only_when_it_is_meant(page):
    browser = page(f"#{PLUMTREE}=2017-01-01T00:00Z/2018-01-01T00:00Z")
    left, top, width, _ = plot_box(browser)
    at = (left + width / 2, top + 40)
    browser.mouse("mouseWheel", *at, deltaX=0, deltaY=-60)  # the page's own: it scrolls, or would
    time.sleep(0.4)
    assert abs(hash_range(browser) - 365 * 24) < 2
    browser.mouse("mouseWheel", *at, deltaX=0, deltaY=-60, modifiers=2)  # with Ctrl
    browser.until(f"!location.hash.includes('2017-01-01T00:00Z')")
    assert hash_range(browser) < 330 * 24
    browser.mouse("mousePressed", *at, button="left", clickCount=1)  # a click makes the plain wheel zoom
    browser.mouse("mouseReleased", *at, button="left", clickCount=1)
    before = hash_range(browser)
    left, top, width, _ = plot_box(browser)
    browser.mouse("mouseWheel", left + width / 2, top + 40, deltaX=0, deltaY=60)
    browser.until("true")
    time.sleep(0.5)
    assert hash_range(browser) > before


def test_keys_move_and_zoom(page):
    browser = page(f"#{PLUMTREE}=2017-06-01T00:00Z/2017-06-11T00:00Z")
    browser.run(f"document.querySelector('#{PLUMTREE} .plots').focus()")
    browser.key("ArrowRight")
    browser.until("location.hash.includes('2017-06-03T00:00Z/2017-06-13T00:00Z')")
    browser.key("-")
    browser.until("location.hash.includes('2017-05-29T00:00Z/2017-06-18T00:00Z')")
    browser.key("0")
    browser.until("location.hash === ''")


def test_the_cursor_reads_every_panel(page, artifacts):
    browser = page(f"#{PLUMTREE}=2018-05-16T00:00Z/2018-05-19T00:00Z&time=utc")
    left, top, width, height = plot_box(browser, panel=1)
    browser.mouse("mouseMoved", left + width * 0.5, top + 30)
    browser.mouse("mouseMoved", left + width * 0.5 + 1, top + 31)
    browser.until(f"[...document.querySelectorAll('#{PLUMTREE} .readout')].every((r) => /\\d/.test(r.textContent))")
    assert browser.run("document.querySelector('.when:not([hidden])').textContent").startswith("17 May 2018, 12:")
    browser.screenshot(artifacts / "cursor.png")


def test_one_range_for_all_charts(page):
    browser = page("#range=2019-05-10T00:00Z/2019-05-12T00:00Z", height=3400)
    for slug in (SLIGO, "dead-run-at-franklintown"):
        assert resolution(browser, slug) == "raw"
    assert browser.run(f"document.querySelector('#{PLUMTREE} .empty').hidden") is False
    assert browser.run("document.getElementById('linked').checked")


def test_times_in_the_readers_zone_or_utc(page):
    browser = page(f"#{PLUMTREE}=2018-05-16T00:00Z/2018-05-17T00:00Z")
    shown = f"document.querySelector('#{PLUMTREE} .shown').textContent"
    assert "15 May 2018, 20:00" in browser.run(shown)  # the browser is in New York
    browser.run("document.querySelector('[data-zone=utc]').click()")
    assert "16 May 2018, 00:00" in browser.run(shown)
    browser.run("document.querySelector('[data-zone=local]').click()")


def test_nothing_moves_while_it_loads(page):
    browser = page()
    shift = browser.run("""new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
        .observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 300);
    })""")
    assert shift < 0.02


def test_a_phone(page, artifacts):
    browser = page(width=390, height=844, phone=True)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert min(browser.run(COLOURED % PLUMTREE)) > 300
    browser.screenshot(artifacts / "phone.png")
    # Two fingers spread: the middle half of what was shown.
    left, top, width, _ = plot_box(browser)
    fingers = lambda a, b: [{"x": left + width * a, "y": top + 40, "id": 0}, {"x": left + width * b, "y": top + 40, "id": 1}]
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=fingers(0.4, 0.6))
    browser.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=fingers(0.35, 0.65))
    browser.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=fingers(0.3, 0.7))
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    assert 0.45 < hash_range(browser) / (3 * 365.25 * 24) < 0.55


def test_dark(page, artifacts):
    browser = page(f"#{PLUMTREE}=year", dark=True)
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(16, 23, 26)"
    assert min(browser.run(COLOURED % PLUMTREE)) > 300
    browser.screenshot(artifacts / "dark.png")


def test_pauses_stay_open(page):
    browser = page()
    points = browser.run("""import('./js/tiles.js').then(({ points }) => points({
        rows: 8,
        columns: new Map([['timestamp', [0, 300, 600, 1200, 1500, 9000, 9300, 9600]], ['a', [1, 2, null, 4, 5, 6, 7, 8]]]),
      }, 'timestamp', 'a', { interval: 300, reduced: false }))""")
    # One missing reading is no pause; two hours are.
    assert points["x"] == [0, 300, 1200, 1500, 5250, 9000, 9300, 9600]
    assert points["value"] == [1, 2, 4, 5, None, 6, 7, 8]


def test_downloads(page):
    browser = page(f"#{PLUMTREE}=2018-05-16T00:00Z/2018-05-17T00:00Z")
    browser.run(f"document.querySelector('#{PLUMTREE} details').open = true")
    names = browser.until(f"""(() => {{
      const items = [...document.querySelectorAll('#{PLUMTREE} details li')].map((l) => l.textContent);
      return items.length && items;
    }})()""")
    assert names[0] == "CSV of this view (every reading)"
    assert re.fullmatch(r"2018-05\.parquet \(\d+ kB\)", names[1])


def test_a_rebuilt_page_shows_what_is_new(pond, site, page, tmp_path):
    import pyarrow
    import pyarrow.compute
    import pyarrow.parquet

    browser = page(f"#{SLIGO}=day")
    rows = pyarrow.table({"timestamp": pyarrow.array([1559447100 + 300 * i for i in range(12)], "int64"),
                          "discharge.cfs": [99.0] * 12})
    rows = rows.set_column(0, "timestamp", pyarrow.compute.cast(
        pyarrow.compute.multiply(rows["timestamp"], 1_000_000), pyarrow.timestamp("us", "UTC")))
    pyarrow.parquet.write_table(rows, tmp_path / "new.parquet")
    pond("copy", f"host+series://{tmp_path}/new.parquet", f"/hydrovu/01650800.series")
    pond("site", "build", "/site", site)
    browser = page(f"#{SLIGO}=day")
    assert browser.run(f"document.querySelectorAll('#{SLIGO} .value b')[1].textContent") == "99"


def test_opened_from_disk_it_says_why_it_is_empty(chromium, site):
    chromium.open(site.joinpath("index.html").as_uri())
    chromium.until("document.getElementById('notice')?.hidden === false")
    assert "opened as a file" in chromium.run("document.getElementById('notice').textContent")


def test_a_missing_tile_is_told(page, chromium, site):
    tile = site / f"data/{PLUMTREE}/raw/2016-03.parquet"
    hidden = tile.rename(tile.with_suffix(".hidden"))
    try:
        chromium.open(page.base + f"#{PLUMTREE}=2016-03-10T00:00Z/2016-03-11T00:00Z")
        chromium.until(f"/could not be read/.test(document.querySelector('#{PLUMTREE} .empty')?.textContent)")
        settle(chromium)
        chromium.events.clear()  # its complaint about the missing file
    finally:
        hidden.rename(tile)
