"""Whether a page can be used: by its buttons and sliders, with a keyboard, by people who see little or
nothing. Looks at it in Chromium, in light and in dark.

usage: html_use_test.py FOLDER: FOLDER/page.html is there. Exit 77 without Chromium."""

import html
import json
import os
import re
import subprocess
import sys
import tempfile

from html_browser_test import browser


def tried(program, page, dark):
    with open(os.path.join(os.path.dirname(__file__), "html_use.js"), encoding="utf-8") as file:
        script = file.read()
    with open(page, encoding="utf-8") as file:
        copy = file.read().replace("</body>", f"<script>{script}</script></body>")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "copy.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(copy)
        result = subprocess.run(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={folder}/profile", "--window-size=1280,1000", "--enable-logging=stderr",
             f"--blink-settings=preferredColorScheme={0 if dark else 1}",
             "--virtual-time-budget=20000", "--dump-dom", "file://" + path],
            capture_output=True, text=True, timeout=240)
    found = re.search(r'<pre id="found">(.*?)</pre>', result.stdout, re.S)
    console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    if not found:
        sys.exit("the browser has tried nothing\n" + "\n".join(console) + result.stderr[-2000:])
    result = json.loads(html.unescape(found[1]))
    return console + result["found"], result["counts"]


if __name__ == "__main__":
    target = os.path.join(os.path.abspath(sys.argv[1]), "page.html")
    mistakes = []
    for dark in (False, True):
        found, counts = tried(browser(), target, dark)
        mistakes += [f"{'dark' if dark else 'light'}: {line}" for line in found]
        print(counts)
    print("\n".join(mistakes))
    sys.exit(1 if mistakes else 0)
