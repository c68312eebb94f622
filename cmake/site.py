#!/usr/bin/env python3
"""Makes a website of the manual: every page, its pictures and results, a search, the API pages.

usage: site.py SOURCE WORK SITE [API]

SOURCE: the project; WORK: a folder for what the site is made of; SITE: the website; API: Doxygen's HTML, if there is some.
Needs mkdocs (Debian's mkdocs). 1 when a link leads nowhere.
"""
import html.parser
import logging
import os
import re
import shutil
import sys
import urllib.parse

from mkdocs.commands.build import build
from mkdocs.config import load_config

# In the order of the page that links them; whatever is not named follows.
PAGES = ["tutorial", "howto", "glossary", "results", "presets", "networks", "search", "compare", "sweep", "cluster", "python", "report",
         "explain", "traces", "waveforms", "inputs", "config"]
TOP = {"README.md": "index.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "CHANGELOG.md": "CHANGELOG.md"}
FILES = ["LICENSE", "CITATION.cff"]


def anchor(title, separator):
    """A heading's name in links, as where the repository is read: words and hyphens, in lower case."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", separator)


def stage(source, work, api):
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(os.path.join(source, "docs"), work, ignore=shutil.ignore_patterns("CMakeLists.txt", "api"))
    for name, page in TOP.items():
        with open(os.path.join(source, name), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(work, page), "w", encoding="utf-8") as file:
            file.write(re.sub(r"\]\((?:docs/|README\.md)([^)]*)\)",
                              lambda m: "](%s)" % (m[1] if m[0].startswith("](docs/") else "index.md" + m[1]), text))
    for name in FILES:
        shutil.copy(os.path.join(source, name), work)
    if api:
        shutil.copytree(api, os.path.join(work, "api"))
    list_folders(work)


def list_folders(work):
    """A page for every folder of results and examples that has none, so that a link to it shows what is in it."""
    for top in ("results", "examples"):
        for folder, folders, files in os.walk(os.path.join(work, top)):
            if "README.md" in files or "index.html" in files:
                continue
            with open(os.path.join(folder, "index.md"), "w", encoding="utf-8") as page:
                page.write("# %s\n\n" % os.path.relpath(folder, work))
                for name in sorted(folders):
                    page.write("- [%s/](%s/index.md)\n" % (name, name))
                for name in sorted(files):
                    page.write("- [%s](%s)\n" % (name, name))


def link_folders(work):
    """Links to folders lead to their pages."""
    for folder, _, files in os.walk(work):
        for name in files:
            if not name.endswith(".md"):
                continue
            path = os.path.join(folder, name)

            def page_of(match):
                target = os.path.join(folder, match[1])
                if match[1].startswith(("http", "#")) or not os.path.isdir(target):
                    return match[0]
                page = "README.md" if os.path.exists(os.path.join(target, "README.md")) else "index.md"
                return "](%s/%s)" % (match[1].rstrip("/"), page)

            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(re.sub(r"\]\(([^)#\s]+)\)", page_of, text))


def navigation(work, api):
    pages = sorted(name[:-3] for name in os.listdir(work) if name.endswith(".md") and name not in TOP.values())
    assert set(PAGES) <= set(pages), "PAGES names %s" % ", ".join(set(PAGES) - set(pages))
    manual = ["%s.md" % name for name in PAGES + [name for name in pages if name not in PAGES]]
    extra = ["CONTRIBUTING.md", "CHANGELOG.md"] + ([{"API": "api/index.html"}] if api else [])
    return [{"Kirchhoff": "index.md"}, {"Manual": manual}, {"Project": extra}]


class Page(html.parser.HTMLParser):
    """Where a page's links lead, which names it has, and what it loads."""

    def __init__(self, path):
        super().__init__()
        self.links, self.names, self.loads = [], {""}, []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.names.update(attrs[key] for key in ("id", "name") if attrs.get(key))
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        for key in ("src", "href") if tag in ("img", "script", "link", "source") else ():
            if attrs.get(key) and attrs.get("rel") != "canonical":
                self.loads.append(attrs[key])


def faults(site):
    """Links that lead nowhere, and what is loaded from elsewhere. Doxygen answers for its own pages."""
    pages = {}
    for folder, _, files in os.walk(site):
        for name in files:
            path = os.path.join(folder, name)
            # A server may show 404.html anywhere, so its links begin at the root.
            if name.endswith(".html") and name != "404.html" and not os.path.relpath(path, site).startswith("api" + os.sep):
                pages[path] = Page(path)
    for path, page in sorted(pages.items()):
        shown = os.path.relpath(path, site)
        for target in page.loads + page.links:
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or parts.netloc:
                if target in page.loads and parts.scheme != "data":
                    yield "%s loads %s" % (shown, target)
                continue
            other = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(parts.path))) if parts.path else path
            if parts.path in (".", "..") or parts.path.endswith("/"):
                other = os.path.join(other, "index.html")
            if not os.path.isfile(other):
                yield "%s: no %s" % (shown, target)
            elif other in pages and urllib.parse.unquote(parts.fragment) not in pages[other].names:
                yield "%s: no such place: %s" % (shown, target)


def main():
    source, work, site = (os.path.abspath(path) for path in sys.argv[1:4])
    api = sys.argv[4] if len(sys.argv) > 4 else None
    stage(source, work, api)
    link_folders(work)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings = os.path.join(os.path.dirname(work), "site.yml")
    with open(settings, "w", encoding="utf-8") as file:
        file.write("site_name: Kirchhoff\n")
    build(load_config(
        settings, docs_dir=work, site_dir=site, nav=navigation(work, api), use_directory_urls=False, plugins=["search"],
        theme={"name": "mkdocs", "highlightjs": False, "nav_style": "light", "locale": "en"},
        markdown_extensions=["tables", "fenced_code", {"toc": {"slugify": anchor}}]))
    found = list(faults(site))
    for fault in found:
        print("site: " + fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
