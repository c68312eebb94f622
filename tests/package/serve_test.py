"""Drives `kirchhoff serve --stdio` as a search loop in another language would: 200 policies, one
question after the other, with bad lines in between."""
import json
import random
import subprocess
import sys


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

status, rest = chip.close()
check(status == 0 and rest == "", "the end of the input is the end of the program")

refused = subprocess.run([sys.argv[1], "serve"], capture_output=True, text=True)
check(refused.returncode == 2 and "stdio" in refused.stderr, "--stdio must be said")
