"""The same seed gives the same bytes on every x86-64 processor: trains, fine-tunes, calibrates,
evaluates, takes gradients and searches under every setting with which one machine can stand for
others, and compares what is written with the digests beside this file.

usage: portability_test.py KIRCHHOFF            compares
       portability_test.py KIRCHHOFF --record   writes the digests of the plain setting"""
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile

DIGESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "portability_digests.json")

# Enough channels for Winograd's kernels, and batch norm.
NETWORK = {
    "name": "wide", "image": {"channels": 1, "height": 32, "width": 32},
    "layers": [
        {"name": "A", "kind": "convolution", "out_channels": 16, "kernel": 3, "stride": 4,
         "padding": 1},
        {"name": "B", "kind": "convolution", "out_channels": 16, "kernel": 3, "padding": 1,
         "pool": 8},
        {"name": "C", "kind": "fully_connected", "out_channels": 10}]}


def operator(name, kind, **attributes):
    return {"name": name, "kind": kind, **attributes}


# An inverted residual: products of pixels, a depthwise layer, maps with a sign, an average.
GRAPH = {
    "name": "graph",
    "image": {"channels": 1, "height": 32, "width": 32},
    "operators": [
        operator("stem", "convolution", out_channels=6, kernel=3, stride=2, padding=1),
        operator("stem_clip", "relu6"),
        operator("base", "convolution", out_channels=5, kernel=1),
        operator("wide", "convolution", out_channels=20, kernel=1),
        operator("wide_clip", "relu6"),
        operator("depthwise", "convolution", out_channels=20, kernel=3, padding=1, groups=20),
        operator("depthwise_clip", "relu6"),
        operator("narrow", "convolution", out_channels=5, kernel=1),
        operator("sum", "add", inputs=["narrow", "base"]),
        operator("down", "convolution", out_channels=12, kernel=1, stride=2),
        operator("down_relu", "relu"),
        operator("pool", "average_pool", **{"global": True}),
        operator("out", "linear", out_channels=10),
    ],
}


def processor_has(flag):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        return any(line.startswith("flags") and flag in line.split() for line in file)


def settings():
    """Name, environment, words before the command, threads, and whether all work is done."""
    yield "plain", {}, [], 1, True
    yield "two threads", {}, [], 2, True
    yield "one core, AMD's kernels", {"OPENBLAS_CORETYPE": "Zen"} if processor_has("avx2") else {}, [
        "taskset", "-c", str(min(os.sched_getaffinity(0)))], 2, True
    old = {"ATEN_CPU_CAPABILITY": "default", "OPENBLAS_CORETYPE": "Nehalem",
           "DNNL_MAX_CPU_ISA": "SSE41",
           "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4"}
    yield "SSE4 kernels, C library without fused sums", old, [], 1, True
    if processor_has("avx2"):
        yield "AVX2 kernels", {"ATEN_CPU_CAPABILITY": "avx2", "OPENBLAS_CORETYPE": "Haswell",
                               "DNNL_MAX_CPU_ISA": "AVX2", "KIRCHHOFF_KERNELS": "avx2"}, [], 1, True
    if processor_has("avx512f"):
        yield "AVX-512 kernels", {"ATEN_CPU_CAPABILITY": "avx512", "OPENBLAS_CORETYPE": "SkylakeX",
                                  "DNNL_MAX_CPU_ISA": "AVX512_CORE"}, [], 1, True
    # Without fused instructions of our own: slow, so only what is quick.
    yield "no fused instruction", {**old, "KIRCHHOFF_KERNELS": "any"}, [], 1, False


def write_data(folder):
    """MNIST's files with images of our own: a bright bar per class on noise."""
    os.makedirs(folder)
    state = 12345

    def draw():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return state >> 40

    for split, count in (("train", 8000), ("t10k", 200)):
        images, labels = bytearray(), bytearray()
        for _ in range(count):
            label = draw() % 10
            labels.append(label)
            image = bytearray(28 * 28)
            for _ in range(60):
                image[draw() % 784] = draw() % 200
            for row in range(4 + 2 * label, 7 + 2 * label):
                for column in range(6 + draw() % 4, 20):
                    image[row % 28 * 28 + column] = 150 + draw() % 100
            images += image
        with open(f"{folder}/{split}-images-idx3-ubyte", "wb") as file:
            file.write(struct.pack(">IIII", 0x803, count, 28, 28) + images)
        with open(f"{folder}/{split}-labels-idx1-ubyte", "wb") as file:
            file.write(struct.pack(">II", 0x801, count) + labels)


class Run:
    def __init__(self, program, folder, data, environment, prefix, threads):
        self.program, self.folder, self.prefix = program, folder, prefix
        self.threads = str(threads)
        os.makedirs(folder)
        self.environment = {**os.environ, **environment, "KIRCHHOFF_DATA": data,
                            "KIRCHHOFF_CACHE": os.path.join(folder, "cache"),
                            "OMP_WAIT_POLICY": "passive"}  # the machine has other work
        for name, network in (("wide.json", NETWORK), ("graph.json", GRAPH)):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                json.dump(network, file)
        self.digests = {}

    def call(self, *words):
        done = subprocess.run([*self.prefix, self.program, *words], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr}")

    def keep(self, name, content):
        self.digests[name] = hashlib.sha256(content).hexdigest()[:16]

    def keep_file(self, name, path):
        with open(os.path.join(self.folder, path), "rb") as file:
            self.keep(name, file.read())

    def search(self, name, episodes, *words):
        self.call("search", "--dataset", "mnist", "--episodes", str(episodes), "--validation-images", "300",
                  "--threads", self.threads, "--out", name, *words)
        self.keep_file(name, os.path.join(name, "episodes.csv"))

    def gradients(self, name, *words):
        self.search(name, 8, "--plan.sensitivity", "gradient", *words)
        self.keep_file(name, os.path.join(name, "sensitivities.csv"))

    def evaluate(self, name, *words):
        self.call("evaluate", "--dataset", "mnist", "--threads", self.threads,
                  "--policy", "W5A4", "--json", "evaluated.json", *words)
        with open(os.path.join(self.folder, "evaluated.json"), encoding="ascii") as file:
            found = json.load(file)
        kept = {key: found[key] for key in sorted(found) if key.endswith("_pct") or "divergence" in key}
        self.keep(name, json.dumps(kept).encode() + self.clips())

    def clips(self):
        """All that were calibrated so far."""
        caches = os.path.join(self.folder, "cache")
        clips = []
        for path in sorted(os.listdir(caches)):
            if path.startswith("clips-"):
                with open(os.path.join(caches, path), "rb") as file:
                    clips.append(file.read())
        return b"".join(clips)

    def quick(self):
        self.search("ppo", 40, "--th", "0.8", "--ppo.hidden_size", "32")
        self.search("ddpg", 26, "--th", "0.75", "--method", "ddpg", "--ddpg.hidden_size", "32")
        self.search("ppo-amortised", 30, "--th", "0.75", "--method", "ppo-amortised", "--world.episodes", "32")
        self.keep("clips by divergence", self.clips())
        self.search("codebooks", 12, "--th", "0.4", "--limit", "size", "--method", "random-wall",
                    "--weight-quantizer", "kmeans")
        self.call("train", "--network", "wide.json", "--dataset", "mnist", "--out", "few.kmodel",
                  "--epochs", "1", "--batch", "1000", "--threads", self.threads)
        self.keep_file("training of few steps", "few.kmodel")

    def everything(self):
        train = ("train", "--dataset", "mnist", "--threads", self.threads)
        self.call(*train, "--epochs", "2", "--batch", "30", "--out", "lenet5.kmodel")
        self.keep_file("training of 200 steps", "lenet5.kmodel")
        self.call(*train, "--network", "wide.json", "--epochs", "2", "--batch", "250", "--optimizer",
                  "sgd", "--batch-norm", "on", "--label-smoothing", "0.1", "--small-epochs", "1",
                  "--out", "wide.kmodel")
        self.keep_file("training with batch norm", "wide.kmodel")
        self.call(*train, "--network", "graph.json", "--epochs", "2", "--batch", "250", "--optimizer",
                  "sgd", "--batch-norm", "on", "--small-epochs", "1", "--out", "graph.kmodel")
        self.keep_file("training of a graph", "graph.kmodel")
        self.call("finetune", "--dataset", "mnist", "--weights", "lenet5.kmodel", "--policy", "W3A3",
                  "--epochs", "1", "--threads", self.threads, "--out", "tuned.kmodel")
        self.keep_file("fine-tuning", "tuned.kmodel")
        self.call("finetune", "--dataset", "mnist", "--weights", "lenet5.kmodel", "--policy", "W2A4", "--epochs",
                  "1", "--weight-quantizer", "kmeans", "--threads", self.threads, "--out", "codebooks.kmodel")
        self.keep_file("fine-tuning of codebooks", "codebooks.kmodel")
        self.evaluate("clips of channels, with means", "--weights", "lenet5.kmodel", "--clip", "mse",
                      "--per-channel", "--bias-correction")
        self.search("ppo-tuned", 40, "--th", "0.8", "--method", "ppo-tuned")
        self.search("ilp", 30, "--th", "0.75", "--method", "ilp")
        self.search("nsga2", 60, "--th", "0.8", "--method", "nsga2")
        self.gradients("gradients", "--method", "adaptive", "--th", "0.75")
        self.gradients("gradients through Winograd's kernels", "--method", "greedy", "--th", "0.9",
                       "--network", "wide.json", "--weights", "wide.kmodel")
        self.gradients("gradients of a graph", "--method", "greedy", "--th", "0.9", "--network",
                       "graph.json", "--weights", "graph.kmodel")


def main():
    program = os.path.abspath(sys.argv[1])
    recorded = {}
    if sys.argv[2:] != ["--record"]:
        with open(DIGESTS, encoding="ascii") as file:
            recorded = json.load(file)
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        data = os.path.join(scratch, "data")
        write_data(data)
        for name, environment, prefix, threads, whole in settings():
            run = Run(program, os.path.join(scratch, name.replace(" ", "-")), data, environment,
                      prefix, threads)
            run.quick()
            if whole:
                run.everything()
            if not recorded:
                with open(DIGESTS, "w", encoding="ascii") as file:
                    json.dump(run.digests, file, indent=1)
                    file.write("\n")
                return
            for what, digest in run.digests.items():
                if digest != recorded.get(what):
                    print(f"{name}: {what}: {digest}: recorded is {recorded.get(what)}")
                    wrong += 1
            print(f"{name}: {len(run.digests)} compared", flush=True)
    sys.exit(1 if wrong else 0)


main()
