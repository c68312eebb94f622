"""Checks a page of `kirchhoff report --html` with nothing but the standard library: what a browser
would refuse, what would need the network, and drawings whose marks lie outside of them.

Prints one line per mistake and exits with 1 if there is any."""

import csv
import io
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "link", "br", "hr", "img", "input"}
# Elements that show data. Grid lines and the axes' border are drawn without any, too.
MARKS = {SVG + "path", SVG + "polygon", SVG + "use", SVG + "rect", SVG + "circle"}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# The width of a phone less the margins of the page, and the smallest letters one can read there.
PHONE, SMALLEST = 376.0, 8.0


class Structure(HTMLParser):
    """Open and closed elements, ids, and everything that points somewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.mistakes, self.ids, self.targets = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.note(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.note(tag, attributes)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(f"line {self.getpos()[0]}: </{tag}> closes nothing")

    def note(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            elif name in ("href", "src", "xlink:href"):
                self.targets.append((tag, value))


def check_structure(text):
    structure = Structure()
    structure.feed(text)
    yield from structure.mistakes
    if structure.open:
        yield f"never closed: {structure.open}"
    for one in sorted(set(structure.ids)):
        if structure.ids.count(one) > 1:
            yield f"id {one} is there {structure.ids.count(one)} times"
    for tag, target in structure.targets:
        if target.startswith("#"):
            if target[1:] not in structure.ids:
                yield f"{target} leads nowhere"
        elif not target.startswith("data:text/csv"):
            yield f"<{tag}> needs {target}"
    if "@import" in text or "url(" in text:
        yield "the page loads something"
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.S)
    if len(scripts) != 1 or scripts[0][0]:
        yield f"scripts: {[attributes for attributes, _ in scripts]}"
    if "default-src 'none'" not in text.partition("<style>")[0]:
        yield "a browser may load something"
    bare = text
    for _, script in scripts:
        bare = bare.replace(script, "")
        if re.search(r"https?:(?!//www\.w3\.org/2000/svg')|fetch|XMLHttp|import\(", script):
            yield "the script loads something"
    # What only a script could answer must not be there without one.
    if re.search(r"<(button|input|select)|\son[a-z]+=", bare):
        yield "controls that are dead without a script"


def check_headings(text):
    last = 0
    for level, words in re.findall(r"<h([1-6])>(.*?)</h", text):
        if int(level) > last + 1:
            yield f"heading {words}: {level} after {last}"
        last = int(level)


def check_tables(text):
    for table in re.findall(r"<table.*?</table>", text, re.S):
        caption = re.search(r"<caption[^>]*>([^<]+)</caption>", table)
        where = caption[1] if caption else "a table"
        if not caption:
            yield f"{where}: no caption"
        head, _, body = table.partition("<tbody>")
        if re.search(r'<t[hd](?! scope="col")', head.partition("<tr>")[2]):
            yield f"{where}: a heading without its scope"
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.S):
            if not row.startswith('<th scope="row"') or row.count("<th") != 1:
                yield f"{where}: a row without its heading"


def check_csv(text):
    links = re.findall(r'<a download="([^"]+)" href="data:text/csv;charset=utf-8,([^"]*)"', text)
    names = [name for name, _ in links]
    for name, data in links:
        rows = list(csv.reader(io.StringIO(urllib.parse.unquote(data))))
        if len(rows) < 2:
            yield f"{name} is empty"
        if any(len(row) != len(rows[0]) for row in rows):
            yield f"{name} has rows of unlike length"
        if names.count(name) > 1:
            yield f"{name} is there twice"


def points_of(element):
    """Where an element is drawn, as far as gnuplot's drawings say it absolutely."""
    moved = re.match(r"translate\(([-\d.]+),([-\d.]+)\)", element.get("transform", ""))
    if moved:
        return [(float(moved[1]), float(moved[2]))]
    # A dot is a short line, or one of no length.
    lines = re.sub(r"h[\d.]+", "", element.get("d") or element.get("points") or "")
    numbers = [float(n) for n in NUMBER.findall(lines)]
    return list(zip(numbers[::2], numbers[1::2]))


def repeated_labels(svg):
    """Numbers that stand twice in a column or row: tics that were rounded until they are all alike."""
    seen = set()
    for group in svg.iter(SVG + "g"):
        moved = re.match(r"translate\(([-\d.]+),([-\d.]+)\)", group.get("transform", ""))
        text = "".join(t.text or "" for t in group.findall(SVG + "text")).strip()
        if not moved or group.get("text-anchor") == "start" or not re.fullmatch(r"-?\d+\.\d+", text):
            continue
        for axis in (("x", moved[1]), ("y", moved[2])):
            if (axis, text) in seen:
                yield text
            seen.add((axis, text))


def check_drawing(figure):
    title = re.search(r"<h4>(.*?)</h4>", figure, re.S)
    where = title[1] if title else "a figure"
    caption = re.search(r"<figcaption>(.*?)<span", figure, re.S)
    if not caption or len(caption[1].strip()) < 20:
        yield f"{where}: no caption"
    if "download=" not in figure:
        yield f"{where}: no link to its numbers"
    drawings = re.findall(r"<svg xmlns.*?</svg>", figure, re.S)
    if not drawings:
        yield f"{where}: no drawing"
    behind = re.search(r'<g id="[^"]+-behind".*?</g>', figure, re.S)
    for place, source in enumerate(drawings):
        yield from check_svg(where, source, behind is not None)
        yield from check_marks(where, figure, source)
        if len(drawings) > 1 and place > 0 and axes_of(source) != axes_of(drawings[0]):
            yield f"{where}: panel {place + 1} has axes of its own"
    if not any("data-marks" in source for source in drawings):
        yield f"{where}: nothing that a pointer could read"
    if len(drawings) > 2 and not behind:
        yield f"{where}: nothing to compare a panel with"


def check_marks(where, figure, source):
    """What a pointer reads out lies within the axes and is a row of the figure's numbers."""
    found = re.search(r'data-area="([^"]+)" data-marks="([^"]+)"', source)
    if not found:
        return
    rows = max(len(rows) for rows in tables_of(figure).values())
    left, top, right, bottom = (float(n) for n in found[1].split(","))
    row = -1
    for mark in found[2].split():
        x, y, *given = (int(n) for n in mark.split(","))
        row = given[0] if given else row + 1
        if row >= rows or not (left - 1 <= x <= right + 1 and top - 1 <= y <= bottom + 1):
            yield f"{where}: mark {mark} of row {row} is nowhere"
            return


def axes_of(source):
    """The tics of a drawing: where they stand and what they say."""
    places = re.findall(r'translate\(([-\d.]+,[-\d.]+)\)"[^>]*>\s*<text>([^<]*)<', source)
    return sorted(places)


def check_svg(where, source, has_background):
    try:
        svg = ElementTree.fromstring(source)
    except ElementTree.ParseError as error:
        yield f"{where}: {error}"
        return
    named = {svg.get("aria-labelledby"): "title", svg.get("aria-describedby"): "desc"}
    for one, tag in named.items():
        element = svg.find(SVG + tag)
        if svg.get("role") != "img" or element is None or not element.text or element.get("id") != one:
            yield f"{where}: has no {tag} for those who cannot see it"
    if re.search(r"rgb\(|black|white|#[0-9a-f]{6}", source):
        yield f"{where}: a colour that does not follow the page's scheme"
    width, height = (float(n) for n in svg.get("viewBox").split()[2:])
    marks = 0
    for element in svg.iter():
        places = points_of(element)
        if element.tag in MARKS and element.get("class") != "gridline":
            coloured = re.search(r"var\(--c\d\)", ElementTree.tostring(element, "unicode"))
            marks += len(places) if coloured else 0
        if any(not (-1 <= x <= width + 1 and -1 <= y <= height + 1) for x, y in places):
            yield f"{where}: a {element.tag[len(SVG):]} outside of the drawing"
    # gnuplot gives the colour of lines to the group around them.
    grouped = len(re.findall(r'stroke="var\(--c\d\)"', source))
    # A method may have nothing to show beside the others.
    if marks + grouped == 0 and not has_background:
        yield f"{where}: shows nothing"
    sizes = [float(e.get("font-size")) for e in svg.iter() if e.get("font-size")]
    # Two panels find room beside each other.
    if not sizes or min(sizes) * (PHONE / 2 if width < 300 else PHONE) / width < SMALLEST:
        yield f"{where}: letters too small on a phone"
    for label in repeated_labels(svg):
        yield f"{where}: {label} is there twice at an axis"
    if len([e for e in svg.iter(SVG + "text") if e.text]) < 3:
        yield f"{where}: no titles at its axes"


def tables_of(text):
    """The CSV files in the links of a page, by name, as lists of dictionaries."""
    links = re.findall(r'<a download="([^"]+)\.csv" href="data:text/csv;charset=utf-8,([^"]*)"', text)
    return {name: list(csv.DictReader(io.StringIO(urllib.parse.unquote(data)))) for name, data in links}


def check_numbers(text):
    """What the numbers of a page must be like: the best so far never falls and is of all seeds, a mean
    lies within its band, the causes of a layer add up to their net."""
    for name, rows in tables_of(text).items():
        if name.startswith("best-"):
            for method in {row["method"] for row in rows}:
                own = [row for row in rows if row["method"] == method]
                means = [float(row["mean"]) for row in own]
                if means != sorted(means):
                    yield f"{name}: the best of {method} falls"
                if len({row["seeds"] for row in own}) > 1:
                    yield f"{name}: {method} is not of the same seeds everywhere"
        elif rows and {"mean", "lowest_seed", "highest_seed"} <= set(rows[0]):
            for row in rows:
                room = 1e-4 * abs(float(row["mean"])) + 1e-9
                if not float(row["lowest_seed"]) - room <= float(row["mean"]) <= float(row["highest_seed"]) + room:
                    yield f"{name}: a mean outside of its band: {row}"
        elif name.startswith("stalls-"):
            for layer in {row["name"] for row in rows}:
                own = {row["cause"]: float(row["ns"]) for row in rows if row["name"] == layer}
                if abs(sum(own.values()) - 2 * own["net"]) > 1e-4 * max(map(abs, own.values())):
                    yield f"{name}: the causes of {layer} do not add up to their net"


def sections_of(text):
    return re.findall(r'<section id="([^"]+)"', text)


def check(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    mistakes = [*check_structure(text), *check_csv(text), *check_tables(text), *check_headings(text),
                *check_numbers(text)]
    figures = re.findall(r"<figure[ >].*?</figure>", text, re.S)
    if not figures:
        mistakes.append("no figures")
    for figure in figures:
        mistakes += check_drawing(figure)
    return mistakes, len(figures)


if __name__ == "__main__":
    found, count = check(sys.argv[1])
    for mistake in found:
        print(mistake)
    print(f"{count} figures, {len(found)} mistakes")
    sys.exit(1 if found else 0)
