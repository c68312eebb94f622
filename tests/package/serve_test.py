"""Drives `kirchhoff serve --stdio` as a search loop in another language would: 200 policies, one
question after the other, with bad lines in between."""
import json
import random
import signal
import subprocess
import sys
import time


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


class Chip:
    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, "serve", "--stdio", *arguments], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask_text(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, **request):
        return self.ask_text(json.dumps(request))

    def close(self):
        self.process.stdin.close()
        rest = self.process.stdout.read()
        return self.process.wait(), rest


chip = Chip(sys.argv[1], "--network", "lenet5", "--validation-images", "200")
info = chip.ask(id="hello", want=["info"])["info"]
check(info["network"] == "lenet5" and len(info["layers"]) == 5, "info")
check(info["min_bits"] == 2 and info["max_bits"] == 8, "bits")

reference = chip.ask(id=0, policy="W8A8")
check(reference["cost"]["cost_ratio"] == 1.0, "W8A8 is the reference")
check(reference["accuracy"]["images"] == 200, "images")
check(reference["accuracy"]["divergence_nats"] == 0.0, "W8A8 does not diverge from itself")

random.seed(1)
answers = {}
for number in range(1, 201):
    bits = [(8, 8)] + [(random.randint(2, 8), random.randint(2, 8)) for _ in range(3)] + [(8, 8)]
    policy = ",".join(f"{w}/{a}" for w, a in bits)
    want = [["cost"], ["accuracy"], ["cost", "accuracy"]][number % 3]
    answer = chip.ask(id=number, policy=policy, want=want)
    check(answer["id"] == number, "answers come in order")
    check(answer["policy"] == policy, "the answer names the policy")
    check(all(w in answer for w in want) and "error" not in answer, str(answer))
    if "cost" in want:
        cost = answer["cost"]
        check(0.3 < cost["cost_ratio"] <= 1.0 and cost["latency_ns"] > 0, str(cost))
        mean = (cost["latency_ratio"] + cost["energy_ratio"] + cost["power_ratio"]) / 3
        check(abs(mean - cost["cost_ratio"]) < 1e-9, "the cost is the mean of the ratios")
    if "accuracy" in want:
        check(0 <= answer["accuracy"]["accuracy_pct"] <= 100, str(answer))
    answers[policy] = (want, answer)
    if number % 20 == 0:
        bad = random.choice([
            "", "{", "[]", "7", '{"id": "bad"}', '{"id": "bad", "policy": "W8A8", "want": "cost"}',
            '{"id": "bad", "policy": "W8A8", "want": ["price"]}', '{"id": "bad", "policy": "W1A8"}',
            '{"id": "bad", "policy": "8/8,8/8"}', '{"id": "bad", "policy": "/etc/passwd"}',
            '{"id": "bad", "policies": "W8A8"}', '{"id": "bad", "policy": 8}'])
        if bad:
            answer = chip.ask_text(bad)
            check(set(answer) == {"id", "error"} and answer["error"], f"{bad}: {answer}")
            check(answer["id"] == ("bad" if "bad" in bad else None), f"{bad}: {answer}")
        else:
            chip.process.stdin.write("\n")  # an empty line is no request

for policy in random.sample(sorted(answers), 20):
    want, before = answers[policy]
    again = chip.ask(id=before["id"], policy=policy, want=want)
    check(again == before, "the same question has the same answer")

# Every way to say a policy, and every want.
listed = [[8, 8], [6, 4], [5, 4], [6, 6], [8, 8]]
names = [layer["name"] for layer in info["layers"]]
filed = {"network": "lenet5",
         "layers": [{"name": n, "w": w, "a": a} for n, (w, a) in zip(names, listed)]}
ways = [chip.ask(policy=way, want=["cost", "layers"])
        for way in ("8/8,6/4,5/4,6/6,8/8", listed, filed)]
check(ways[0] == ways[1] == ways[2] and "error" not in ways[0], str(ways))
layers = ways[0]["layers"]
check([layer["name"] for layer in layers] == names, str(layers))
check([[layer["weight_bits"], layer["activation_bits"]] for layer in layers] == listed, str(layers))
for total in ("energy_pj", "power_rated_mw", "area_um2", "crossbars", "tiles"):
    check(abs(sum(layer[total] for layer in layers) / ways[0]["cost"][total] - 1) < 1e-9, total)
check(chip.ask(policy="W8A8", want=["layers"]).keys() == {"id", "policy", "layers"}, "layers alone")

# Shapes that fit each other.
shapes = info["layers"]
for before, after in zip(shapes, shapes[1:]):
    check(before["output"] == after["input"], f"{before} {after}")
check(shapes[0]["input"] == [1, 32, 32] and shapes[0]["kernel"] == [5, 5], str(shapes[0]))
check(shapes[2]["weights"] == 16 * 25 * 120 and shapes[1]["macs"] == 100 * 2400, str(shapes))

# The test split, whole.
tested = chip.ask(policy="W8A8", want=["accuracy"], split="test")["accuracy"]
check(tested["split"] == "test" and tested["images"] == 10000, str(tested))
check(chip.ask(policy="W8A8", want=["accuracy"])["accuracy"]["split"] == "validation", "split")

# Ids come back byte for byte, whatever they are, and where the key is spelt in escapes.
for text in ('7', '-0', '1.0', '1e5', '123456789012345678901234567890', 'null', 'true', '"\\u00e9"',
             '"}, {\\"id\\": 1"', '[1, {"id": 2}]', '{ "a": "\\\\" }', '""'):
    for line in ('{"id": %s, "policy": "W8A8", "want": ["cost"]}', '{"policy":"W8A8","\\u0069d":%s}',
                 '{"want": [{"id": 3}], "id":%s}'):
        chip.process.stdin.write(line % text + "\n")
        chip.process.stdin.flush()
        answer = chip.process.stdout.readline()
        check(answer.startswith('{"id":' + text + ',"'), f"{line % text}: {answer}")
        json.loads(answer)

# Other chips: each is what a program with that flag answers.
small = chip.ask(id=1, policy="W6A4", hardware={"adc.bits": 6}, want=["cost", "accuracy"])
check(small["hardware"] == {"adc.bits": 6}, str(small))
other = Chip(sys.argv[1], "--validation-images", "200", "--adc.bits", "6")
there = other.ask(id=1, policy="W6A4")
check({**there, "hardware": small["hardware"]} == small, f"{there} {small}")
check(small["cost"]["energy_pj"] < chip.ask(policy="W6A4")["cost"]["energy_pj"], "a cheaper ADC")
back = other.ask(id=1, policy="W6A4", hardware={"adc.bits": "8"})
own = chip.ask(id=1, policy="W6A4")
check({**own, "hardware": {"adc.bits": "8"}} == back, "a key of the command line is replaced")
check(other.close() == (0, ""), "with another chip at its side it ends as well")
for bits in (3, 4, 5, 6, 7, 3):  # more chips than are kept
    answer = chip.ask(policy="W6A4", hardware={"adc.bits": bits}, want=["cost"])
    check(answer["cost"]["energy_pj"] > 0 and answer["hardware"]["adc.bits"] == bits, str(answer))
for hardware, part in (({"adc.bit": 6}, "hardware: adc.bit: unknown key; did you mean adc.bits?"),
                       ({"adc.bits": 99}, "hardware: adc.bits 99: must be an integer in"),
                       ({"network": "vgg13"}, "hardware: network: unknown key"),
                       ({"adc.bits": [6]}, "hardware: adc.bits = [6]: must be a value"),
                       ("adc.bits", "hardware: must be an object"),
                       ({"pe.pairs": 4}, "layer C1: 8 weight bits need 8 crossbar pairs"),
                       ({"chip.mesh_width": 1, "chip.mesh_height": 1}, "needs 5 tiles")):
    answer = chip.ask(id="x", policy="W8A8", hardware=hardware)
    check(set(answer) == {"id", "error"} and part in answer["error"], f"{hardware}: {answer}")
check(chip.ask(policy="W8A8", split="train")["error"].startswith("split: "), "no such split")

status, rest = chip.close()
check(status == 0 and rest == "", "the end of the input is the end of the program")

refused = subprocess.run([sys.argv[1], "serve"], capture_output=True, text=True)
check(refused.returncode == 2 and "stdio" in refused.stderr, "--stdio must be said")

# One SIGINT ends it while it computes, itself or another chip at its side: these questions would
# take minutes.
for more in ({}, {"hardware": {"adc.bits": 5}}):
    busy = Chip(sys.argv[1], "--network", "vgg16", "--chip.schedule", "pipelined")
    check("error" in busy.ask(want=[]), "it is there")
    for number in range(300):
        line = json.dumps({"id": number, "policy": "W8A8", "want": ["cost"], **more})
        busy.process.stdin.write(line + "\n")
    busy.process.stdin.flush()
    time.sleep(1)
    check(busy.process.poll() is None, "still computing")
    busy.process.send_signal(signal.SIGINT)
    try:
        status = busy.process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        busy.process.kill()
        check(False, f"{more}: one SIGINT did not stop it")
    check(status in (0, 1, 130), f"{more}: {status}")
    check(len(busy.process.stdout.read().splitlines()) < 300, "it went on")
