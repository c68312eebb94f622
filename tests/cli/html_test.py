"""A small comparison, its page, and what must not make one.

usage: html_test.py PROGRAM FOLDER: FOLDER is made anew; FOLDER/page.html stays for html_browser_test.py."""

import csv
import json
import os
import shutil
import subprocess
import sys

import html_page

PROGRAM, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]


def run(*arguments, status=0, environment=None):
    result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=environment)
    if result.returncode != status:
        sys.exit(f"{arguments}: exit {result.returncode}, not {status}\n{result.stderr}")
    return result


def expect(condition, message):
    if not condition:
        sys.exit(message)


def contents(path):
    with open(path, "rb") as file:
        return file.read()


shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
os.chdir(FOLDER)
if shutil.which("gnuplot") is None:
    print("no gnuplot")
    sys.exit(77)

run("compare", "--network", "lenet5", "--methods", "ppo,ddpg,random", "--th", "0.9", "--seeds",
    "1..2", "--budget", "8", "--validation-images", "200", "--race-images", "0",
    "--final.candidates", "0", "--jobs", "1", "--threads", "1", "--out", "cmp")
run("simulate", "--network", "lenet5", "--weights", "random", "--policy", "W6A4", "--adc.bits", "6",
    "--windows", "--json", "chip.json")
run("cost-table", "--network", "lenet5", "--out", "costs.csv")

# One page of everything.
result = run("report", "cmp", "chip.json", "--cost-table", "costs.csv", "--html", "page.html")
expect(result.stdout.endswith("Page: page.html\n"), result.stdout)
mistakes, figures = html_page.check("page.html")
expect(not mistakes, "\n".join(mistakes))
text = contents("page.html").decode()
for words in ("what was found within each threshold", "Accuracy of the policies tried (Fig. 6), th 0.9",
              "front of the answers", "What each method returned", "Weight bits per layer (Fig. 9), th 0.9",
              "Energy per layer", "Floorplan", "Load of the links", "Energy by component",
              "Area by component", "Which layer is busy when", "What the time beyond the ideal",
              "Which window of which layer, when", "of C1, stage by stage",
              "Clipped conversions", "What kind of task it is", "takes probes of every slot",
              "How much searches flatter their best episode",
              "Accuracy, latency, energy and power per threshold (Table 5)", "(Table 6)", "(Table 8)",
              "C3: cost of layer 2",
              "--methods ppo,ddpg,random", "--validation-images 200",
              "kirchhoff simulate --network lenet5 --weights random --policy W6A4 --adc.bits 6 --windows --json chip.json",
              "Command lines of these runs, by kirchhoff"):
    expect(words in text, f"{words} is not on the page")
expect(figures > 25, f"{figures} figures only")
sections = html_page.sections_of(text)
expect(sections[0] == "verdict" and "runs" in sections[-2:], f"in this order: {sections}")
expect(text.index("Verdict</h2>") < text.index("<figure") < text.index("kirchhoff compare --network"),
       "the verdict, the plots, the command lines: in this order")
tables = html_page.tables_of(text)
verdict = tables["verdict"][0]
expect(verdict["th"] == "0.9" and verdict["method"] in ("ppo", "ddpg", "random") and "/" in verdict["policy"]
       and verdict["kind of task"].startswith("unknown"), f"no verdict: {verdict}")
expect(not any(row["method"].startswith("paper") for row in tables["table5"]),
       "rows of MNIST beside those of Fashion-MNIST")
expect({row["kind"] for row in tables["pareto-lenet5-fashion-mnist"]} == {"answer", "front"},
       "scores of the search among the answers")
with open("chip.json", encoding="utf-8") as file:
    chip = json.load(file)
for layer in chip["layers"]:
    net = [float(row["ns"]) for name in tables if name.startswith("stalls-lenet5-1") for row in tables[name]
           if row["name"] == layer["name"] and row["cause"] == "net"]
    beyond = layer["latency_ns"] - layer["ideal"]["latency_ns"]
    expect(len(net) == 1 and abs(net[0] - beyond) < 1e-4 * layer["latency_ns"],
           f"{layer['name']}: causes of {net} ns, simulated less ideal {beyond} ns")
expect(not os.path.exists("cmp/report/html/page.html"), "a page where none was asked for")

# The tables and figures of the page are those of the report, less what the headings above them say.
run("report", "cmp", "--out", "tables")
compared = 0
for name in sorted(os.listdir("tables")):
    table = {"fig9.csv": "weight-bits-lenet5-fashion-mnist-th0.9"}.get(name, name[:-4])
    if not name.endswith(".csv") or table not in tables:
        continue
    with open(os.path.join("tables", name), encoding="utf-8", newline="") as file:
        stored = list(csv.DictReader(file))
    expect(len(set(stored[0]) - set(tables[table][0])) <= 5, f"{name}: columns {list(stored[0])}")
    expect([{key: row[key] for key in tables[table][0]} for row in stored] == tables[table], f"{name} differs")
    compared += 1
expect(compared >= 12, f"{compared} tables only")
progress = tables["progress-lenet5-fashion-mnist-th0.9"]
for row in progress:
    for column, curve in (("best accuracy %", "best"), ("reward", "reward"), ("within th %", "feasible")):
        last = [one for one in tables[f"{curve}-lenet5-fashion-mnist-th0.9"] if one["method"] == row["method"]][-1]
        expect(float(row[column]) == float(last["mean"]), f"{row}: {last}")

# The same bytes again.
run("report", "cmp", "chip.json", "--cost-table", "costs.csv", "--html", "again.html")
expect(contents("page.html") == contents("again.html"), "two pages of the same folders differ")

# A single search, and a report alone: what is missing is said.
run("report", "cmp/runs/random-th0.9-seed1", "--html", "search.html")
expect(not html_page.check("search.html")[0], "search.html")
run("report", "chip.json", "--html", "chip.html")
expect(not html_page.check("chip.html")[0], "chip.html")
expect("need the folder of a kirchhoff search" in contents("chip.html").decode(), "chip.html says nothing")

# Scores that a race may have cut short are marked.
run("search", "--network", "lenet5", "--method", "random", "--th", "0.9", "--episodes", "6", "--validation-images",
    "200", "--race-images", "100", "--reward.max_loss_points", "0.1", "--final.candidates", "0", "--threads", "1",
    "--out", "raced")
run("report", "raced", "--html", "raced.html")
expect(not html_page.check("raced.html")[0], "raced.html")
for words in (">dropped<", "Hollow: more than 0.1 points lost, where a race drops a policy after the first 100 images"):
    expect(words in contents("raced.html").decode(), f"{words} is not in raced.html")
expect(">dropped<" not in text, "no race, but dropped policies")

# Two beside each other: a run and a report, in tables and on a page.
one = "cmp/runs/random-th0.9-seed1"
printed = run("report", one, "chip.json", "--diff").stdout
expect("| found by | random at th 0.9, seed 1 |" in printed and "| C3 |" in printed, printed)
result = run("report", one, "chip.json", "--diff", "--html", "diff.html")
expect(result.stdout.endswith("Page: diff.html\n"), result.stdout)
mistakes, _ = html_page.check("diff.html")
expect(not mistakes, "\n".join(mistakes))
text_of_diff = contents("diff.html").decode()
expect(html_page.sections_of(text_of_diff)[:3] == ["verdict", "policies", "hardware"], "sections of diff.html")
tables = html_page.tables_of(text_of_diff)
for row, layer in zip(tables["diff-layers"], chip["layers"]):
    expect(row["weight bits: second"] == str(layer["w"]) and row["layer"] == layer["name"], f"{row}")
    first, second = (float(row["energy, nJ: " + which]) for which in ("first", "second"))
    expect(abs(second - layer["energy_pj"] / 1e3) < 1e-9 * second, f"{row}")
    expect(abs(float(row["energy, nJ: change %"]) - 100 * (second / first - 1)) < 1e-6, f"{row}")
changed = {row["key"]: (row["first"], row["second"]) for row in tables["diff-chips"]}
expect(changed["adc.bits"] == ("8", "6"), f"{changed}")
for arguments, words in (((one, "--diff"), "--diff: 1 given: must be two folders or reports"),
                         ((one, one, "--diff", "--out", "out"), "--out"),
                         ((one, "empty.json", "--diff"), "empty.json: holds neither")):
    error = run("report", *arguments, status=2).stderr
    expect(words in error and error.count("kirchhoff: error:") == 1, error)

# Mistakes: one line, exit 2, and no page.
with open("broken.json", "w", encoding="utf-8") as file:
    file.write("{}")
os.makedirs("empty")
for arguments, words in ((("none",), "none: holds neither"), (("empty",), "empty: holds neither"),
                         (("broken.json",), "broken.json: config: missing"),
                         (("cmp", "--cost-table", "none.csv"), "none.csv"), ((), "at least one DIR")):
    error = run("report", *arguments, "--html", "bad.html", status=2).stderr
    expect(words in error and error.count("kirchhoff: error:") == 1, error)
expect("its folder must exist" in run("report", "cmp", "--html", "no/where.html", status=2).stderr, "--html")
expect("needs --html" in run("report", "cmp", "--cost-table", "costs.csv", status=2).stderr, "--cost-table")
bare = dict(os.environ, PATH="/nonexistent")
error = run("report", "cmp", "--html", "bad.html", status=1, environment=bare).stderr
expect("gnuplot: not found" in error, error)
expect(not os.path.exists("bad.html"), "a page in spite of a mistake")
print(f"{figures} figures, {len(text) // 1024} KiB")
