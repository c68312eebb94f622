#!/usr/bin/env python3
"""Measures what performance.md claims, in one run: claims.py BUILD [--page FILE] [--only WORDS]

BUILD: folder of a Release build with its benchmarks. Prints a table: what, its target, what was measured, by which command;
above it the processor, what it can do, and how busy it was. --page puts all that into FILE, between <!-- claims --> and
<!-- /claims -->. --only measures the claims that WORDS occurs in, and prints.

Times are processor time of all threads, so that other programs matter less, and the least of three runs; images are per
processor second. Ratios are of two neighbours in this run. Nothing here passes or fails: a page says what was measured.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import re
import resource
import subprocess
import tempfile
import typing

REPEATS = 3


class Bench:
    """Benchmarks of the build's programs by name, run once each."""

    def __init__(self, build):
        self.build = build
        self.results = {}

    def rows(self, command):
        if command not in self.results:
            program, *options = command.split()
            path = self.build / "tests/bench" / program
            done = subprocess.run([path, *options, "--benchmark_format=json", f"--benchmark_repetitions={REPEATS}"],
                                  check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if not done.stdout:
                raise SystemExit(f"{command}: no such benchmark")
            rows = {}
            for row in json.loads(done.stdout)["benchmarks"]:
                if row["run_type"] == "iteration":
                    rows.setdefault(re.sub(r"/(iterations:\d+|process_time|real_time)", "", row["run_name"]), []).append(row)
            self.results[command] = rows
        return self.results[command]

    def least(self, command, name, counter="cpu_time"):
        return min(row[counter] for row in self.rows(command)[name])

    def per_second(self, command, name):
        """Items per second of processor time."""
        rows = self.rows(command)[name]
        return max(row["items_per_second"] * in_ms(row, "real_time") / in_ms(row, "cpu_time") for row in rows)

    def bytes_per_second(self, command, name):
        return max(row["bytes_per_second"] for row in self.rows(command)[name])

    def peak_share(self):
        """The engine's share of the limit of Winograd's products, as --peak measures it."""
        done = subprocess.run([self.build / "tests/bench/kirchhoff_accuracy_bench", "--peak"], check=True,
                              stdout=subprocess.PIPE, text=True)
        return float(re.search(r"Winograd.*share ([0-9.]+)", done.stdout)[1])


def in_ms(row, time):
    return row[time] * {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}[row["time_unit"]]


@dataclasses.dataclass
class Used:
    cpu_s: float
    mb: float  # largest resident set


def used(build, arguments, cache):
    """What a command of the program takes: the least of three runs with a warm cache, of one with an empty one."""
    found = []
    for _ in range(REPEATS if cache == "warm" else 1):
        with tempfile.TemporaryDirectory() as scratch:
            environment = dict(os.environ) | ({"KIRCHHOFF_CACHE": scratch} if cache == "empty" else {})
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            child = subprocess.Popen([build / "kirchhoff", *arguments.split()], cwd=scratch, env=environment,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                raise SystemExit(f"kirchhoff {arguments}: exit code {child.returncode}")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found.append(Used(cpu, usage.ru_maxrss / 1024))
    return min(found, key=lambda one: one.cpu_s)


@dataclasses.dataclass
class Claim:
    what: str
    target: str
    measure: typing.Callable[[], str]
    command: str


def figure(value):
    """Three digits, thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def claims(build):
    bench = Bench(build)
    found = []

    def add(what, target, command, measure):
        found.append(Claim(what, target, measure, command))

    def program(what, target, arguments, cache="warm"):
        def measure():
            took = used(build, arguments, cache)
            return f"{figure(took.cpu_s)} s, {figure(took.mb)} MB"
        add(what, target, f"kirchhoff {arguments}", measure)

    program("start: the version", "0.1 s, 60 MB", "--version")
    program("start: LeNet-5 mapped", "0.1 s, 60 MB", "map --network lenet5")
    program("start: LeNet-5, timing only", "0.1 s, 60 MB", "simulate --network lenet5 --timing-only")
    program("LeNet-5, accuracy of W6A4", "", "evaluate --policy W6A4")
    program("ResNet-18 for 3x224x224, timing only", "3 s", "simulate --network resnet18 --timing-only --chip.schedule pipelined")
    program("MobileNetV2 for 3x224x224, timing only", "3 s",
            "simulate --network mobilenet-v2-imagenet --timing-only --chip.schedule pipelined")
    program("LeNet-5, a search of 300 episodes, empty cache", "2 s on two cores",
            "search --network lenet5 --method ppo-masked --th 0.75 --seed 1 --out run", "empty")
    program("VGG-13, a search of 300 episodes, empty cache", "3 min on two cores",
            "search --network vgg13 --dataset cifar10 --method ppo-masked --th 0.7 --seed 1 --validation-images 300 "
            "--race-images 300 --final.candidates 4 --final.slack_policies 4 --out run", "empty")

    for network in ("lenet5", "vgg13", "resnet20", "mobilenet-v2"):
        command = f"kirchhoff_bench --network={network} --benchmark_filter=turn_costs/300|chip_cost/4"

        def measure(command=command):
            turns = [bench.least(command, "turn_costs/300", f"{which}_ms") for which in ("new", "known")]
            return " / ".join(figure(value) for value in (*turns, bench.least(command, "chip_cost/4"))) + " ms"
        add(f"{network}, a policy's costs: random ones on average, known ones, W4A4 simulated whole", "10 / 0.1 ms", command,
            measure)
    for network in ("vgg13", "resnet20"):
        command = f"kirchhoff_bench --network={network} --schedule=pipelined --benchmark_filter=turn_costs/30/"
        add(f"{network}, the same where layers overlap", "a third of 23 and 33 ms", command,
            lambda command=command: " / ".join(
                figure(bench.least(command, "turn_costs/30", f"{which}_ms")) for which in ("new", "known")) + " ms")
    for network in ("vgg16", "resnet50"):
        command = f"kirchhoff_bench --network={network} --schedule=pipelined --benchmark_filter=chip_cost/8"
        add(f"{network} for 3x224x224, costs with their report", "1,000 ms", command,
            lambda command=command: f"{figure(bench.least(command, 'chip_cost/8'))} ms")
    tiles = "kirchhoff_bench --tiles=1000 --benchmark_filter=elaboration"
    add("1,000 tiles elaborated", "0.5 s, 300 KiB each", tiles,
        lambda: f"{figure(bench.least(tiles, 'elaboration', 'cpu_s'))} s, "
                f"{figure(bench.least(tiles, 'elaboration', 'kib_per_tile'))} KiB each")
    for network in ("lenet5", "vgg13"):
        command = f"kirchhoff_bench --network={network} --fidelity=bit --benchmark_filter=chip_image"
        add(f"{network}, an image at fidelity `bit`, simulating", {"vgg13": "2,000 ms"}.get(network, ""), command,
            lambda command=command: f"{figure(bench.least(command, 'chip_image', 'simulating_ms'))} ms")

    networks = ("LeNet-5", "VGG-13", "ResNet-20", "MobileNetV2")
    engine = "kirchhoff_accuracy_bench --benchmark_filter=^exact/[0-3]/8|libtorch_float"
    for number, network in enumerate(networks):
        def measure(number=number):
            ours = bench.per_second(engine, f"exact/{number}/8")
            return f"{figure(ours)} images/s, {ours / bench.per_second(engine, f'libtorch_float/{number}'):.1f} times LibTorch's"
        add(f"{network}, exact accuracy of W8A8, beside LibTorch's float32", {"ResNet-20": "750 images/s"}.get(network, ""), engine,
            measure)
    add("VGG-13, share of what 16-bit products allow with Winograd's tiles", "0.8", "kirchhoff_accuracy_bench --peak",
        lambda: f"{bench.peak_share():.2f}")
    lossy = "kirchhoff_accuracy_bench --benchmark_filter=^exact/[01]/8|adc_exact/1/5|real_cells/[01]/8"
    add("VGG-13, every conversion at 5 bits", "10 images/s", lossy, lambda: f"{figure(bench.per_second(lossy, 'adc_exact/1/5'))} images/s")
    for number, network in enumerate(networks[:2]):
        def measure(number=number):
            real = bench.per_second(lossy, f"real_cells/{number}/8")
            return f"{figure(real)} images/s, 1/{bench.per_second(lossy, f'exact/{number}/8') / real:.0f} of the lossless engine's"
        add(f"{network}, real cells", {"VGG-13": "1/5"}.get(network, "3,300 images/s"), lossy, measure)
    maps = "kirchhoff_bench --benchmark_filter=depthwise_maps/56/1|copied_maps/56"
    add("depthwise layers: bytes of their maps, and their share of what memcpy makes of them", "a quarter", maps,
        lambda: f"{figure(bench.bytes_per_second(maps, 'depthwise_maps/56/1') / 1e9)} GB/s, 1/"
                f"{bench.bytes_per_second(maps, 'copied_maps/56') / bench.bytes_per_second(maps, 'depthwise_maps/56/1'):.0f}")
    return found


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.*)", text)[1]
    flags = set(re.search(r"flags\s*: (.*)", text)[1].split())
    has = [name for flag, name in (("avx2", "AVX2"), ("avx_vnni", "AVX-VNNI"), ("avx512bw", "AVX-512"), ("avx512_vnni", "AVX-512 VNNI"),
                                   ("amx_int8", "AMX")) if flag in flags]
    return f"{os.cpu_count()} cores of {model} ({', '.join(has)}), {platform.system()}"


def table(build, only):
    before = os.getloadavg()[0]
    rows = []
    for claim in claims(build):
        if only and only not in claim.what:
            continue
        measured = claim.measure()
        print(f"{claim.what}: {measured}", flush=True)
        command = claim.command.replace("|", "\\|")
        rows.append(f"| {claim.what} | {claim.target or '–'} | {measured} | `{command}` |")
    version = subprocess.run([build / "kirchhoff", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    head = f"{machine()}; load average {before:.1f} before and {os.getloadavg()[0]:.1f} after; {version.splitlines()[0]}."
    return "\n".join([head, "", "| what | target | measured | command |", "|---|---|---|---|", *rows])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--page", type=pathlib.Path)
    options.add_argument("--only")
    given = options.parse_args()
    text = table(given.build.resolve(), given.only)
    if not given.page:
        print(text)
        return
    page = given.page.read_text(encoding="utf-8")
    filled, count = re.subn(r"(<!-- claims -->\n)(?s:.*)(<!-- /claims -->)", lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page)
    if count != 1:
        raise SystemExit(f"{given.page}: has no <!-- claims --> and <!-- /claims -->")
    given.page.write_text(filled, encoding="utf-8")


main()
