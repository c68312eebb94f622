"""What a browser makes of a page: its console, letters that can be read, nothing cut off, in a
window of 1280 and on a phone of 400 pixels; and on paper.

usage: html_browser_test.py FOLDER: FOLDER/page.html is there. Exit 77 without Chromium."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SMALLEST = 9.5  # pixels of a letter's size on the screen

# Runs in a copy of the page inside a frame of the wanted width, and tells the page around it.
MEASURE = """<script>
addEventListener('load', () => {
  const found = [];
  document.querySelectorAll('figure svg[role]').forEach(svg => {
    const figure = svg.closest('figure'), panel = svg.closest('.panel');
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim());
    const boxes = texts.map(t => t.getBoundingClientRect());
    const slanted = texts.map(t => /rotate/.test(t.parentNode.getAttribute('transform')));
    let overlaps = 0, clash = '';
    for (let i = 0; i < boxes.length; ++i)
      for (let j = 0; j < i; ++j) {
        const a = boxes[i], b = boxes[j];
        const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // The box around a slanted text is mostly empty.
        if (!(slanted[i] && slanted[j]) && x > 2 && y > 0.45 * Math.min(a.height, b.height)) {
          ++overlaps; clash = texts[j].textContent + ' / ' + texts[i].textContent;
        }
      }
    const marks = [...svg.querySelectorAll('path:not(.gridline),polygon,use')];
    if (panel) figure.dataset.panels = Math.max(figure.dataset.panels || 0,
      [...figure.querySelectorAll('.panel')].filter(p => p.offsetTop === panel.offsetTop).length);
    found.push({
      title: svg.querySelector('title').textContent, panel: panel !== null, width: box.width, height: box.height,
      letters: Math.min(...texts.map(t => parseFloat(getComputedStyle(t).fontSize))) * scale,
      cut: texts.filter((t, i) => boxes[i].left < box.left - 1 || boxes[i].right > box.right + 1 ||
        boxes[i].top < box.top - 1 || boxes[i].bottom > box.bottom + 1).map(t => t.textContent),
      marks: marks.filter(m => { const b = m.getBoundingClientRect();
        return b.width + b.height > 0 && b.right >= box.left && b.left <= box.right; }).length,
      overlaps, clash,
      dim: marks.length && getComputedStyle(texts[0]).fill === getComputedStyle(document.body).backgroundColor});
  });
  const narrow = [...document.querySelectorAll('.plots')].map(
    plots => [...plots.querySelectorAll(':scope > figure:not(.wide)')]).filter(own => own.length > 1);
  parent.postMessage(JSON.stringify({figures: found,
    alone: narrow.filter(own => own[0].offsetTop !== own[1].offsetTop).length, pairs: narrow.length,
    rows: [...document.querySelectorAll('figure[data-panels]')].map(f => +f.dataset.panels),
    folded: [...document.querySelectorAll('.folded')].filter(f => f.offsetHeight > 20).length,
    folds: document.querySelectorAll('.folded').length,
    wide: [...document.querySelectorAll('table')].filter(
      t => t.getBoundingClientRect().right > innerWidth).length,
    scroll: document.documentElement.scrollWidth - document.documentElement.clientWidth}), '*');
});
</script>"""


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    print("no Chromium")
    sys.exit(77)


def measured(program, page, width, dark, paper, folder):
    with open(page, encoding="utf-8") as file:
        copy = file.read().replace("</body>", MEASURE + "</body>")
    if paper:
        copy = copy.replace("@media print", "@media all")
    with open(os.path.join(folder, "copy.html"), "w", encoding="utf-8") as file:
        file.write(copy)
    # A window of its own cannot be as narrow as a phone.
    around = os.path.join(folder, "around.html")
    with open(around, "w", encoding="utf-8") as file:
        file.write(
            "<!DOCTYPE html><meta charset=utf-8><pre id=result></pre><script>"
            "addEventListener('message', e => document.getElementById('result').textContent = e.data)"
            f"</script><iframe src=copy.html width={width} height=900 style=border:0></iframe>")
    result = subprocess.run(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={folder}/profile", "--window-size=1400,1000", "--enable-logging=stderr",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}",
         "--virtual-time-budget=20000", "--dump-dom", "file://" + around],
        capture_output=True, text=True, timeout=240)
    console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    found = re.search(r'<pre id="result">(.*?)</pre>', result.stdout, re.S)
    if not found or not found[1]:
        sys.exit(f"the browser has measured nothing\n{result.stderr[-2000:]}")
    return console, json.loads(html.unescape(found[1]))


def mistakes_on_paper(result):
    if result["pairs"] == 0 or not result["rows"] or result["folds"] == 0:
        yield "the page has nothing that paper could spoil"
    if result["alone"] > 0:
        yield f"{result['alone']} of {result['pairs']} pairs of figures do not stand beside each other"
    if min(result["rows"], default=0) < 2:
        yield "panels of a figure do not stand beside each other"
    if result["folded"] < result["folds"]:
        yield f"{result['folds'] - result['folded']} tables stay closed"
    if result["wide"] > 0:
        yield f"{result['wide']} tables are wider than the paper"


def mistakes_in(program, page):
    with tempfile.TemporaryDirectory() as folder:
        # A4 less its margins.
        yield from (f"paper: {mistake}" for mistake in
                    mistakes_on_paper(measured(program, page, 710, False, True, folder)[1]))
    for width, dark in ((1280, False), (400, False), (400, True)):
        where = f"{width} px{', dark' if dark else ''}"
        with tempfile.TemporaryDirectory() as folder:
            console, result = measured(program, page, width, dark, False, folder)
        if result["folded"] > 0:
            yield f"{where}: folded tables are open"
        for line in console:
            yield f"{where}: {line}"
        if result["scroll"] > 0:
            yield f"{where}: the page is {result['scroll']} px too wide"
        for figure in result["figures"]:
            title = f"{where}: {figure['title']}"
            if figure["letters"] < SMALLEST:
                yield f"{title}: letters of {figure['letters']:.1f} px"
            if figure["marks"] < 3 or figure["height"] < (80 if figure["panel"] else 100):
                yield f"{title}: shows nothing"
            if figure["cut"]:
                yield f"{title}: cut off: {figure['cut']}"
            if figure["overlaps"]:
                yield f"{title}: {figure['overlaps']} texts overlap, such as {figure['clash']}"
            if figure["dim"]:
                yield f"{title}: text has the colour of the page"


if __name__ == "__main__":
    target = sys.argv[1]
    if os.path.isdir(target):
        target = os.path.join(target, "page.html")
    found = list(mistakes_in(browser(), os.path.abspath(target)))
    print("\n".join(found))
    sys.exit(1 if found else 0)
