"""kirchhoff.Search beside `kirchhoff search`: the same run folder, stopped and resumed or not."""
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import support

import kirchhoff

PROGRAM = sys.argv[1]
FILES = ("config.json", "episodes.csv", "summary.json", "best_policy.json")
OPTIONS = {"final.candidates": 2, "final.slack_policies": 4, "ppo.hidden_size": 16}


def contents(folder):
    found = {}
    for name in FILES:
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = file.read()
    return found


def search(out, resume=False, **more):
    arguments = {"episodes": 40, "seed": 3, "images": 300, "race_images": 0, "options": OPTIONS, **more}
    return kirchhoff.Search("ppo-masked", 0.8, out=out, resume=resume, **arguments)


class Searches(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.programs = os.path.join(cls.folder.name, "program")
        options = [f"--{key}={value}" for key, value in OPTIONS.items()]
        subprocess.run([PROGRAM, "search", "--method", "ppo-masked", "--th", "0.8", "--episodes", "40", "--seed", "3",
                        "--validation-images", "300", "--race-images", "0", "--out", cls.programs, *options],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def out(self, name):
        return os.path.join(self.folder.name, name)

    def test_write_what_the_program_writes(self):
        heard = []
        result = search(self.out("whole")).run(heard.append)
        self.assertEqual(contents(self.out("whole")), contents(self.programs))
        self.assertEqual([episode.episode for episode in heard], list(range(1, 41)))
        self.assertEqual(tuple(heard), result.episodes)
        self.assertEqual(result.policy, result.summary["final"]["policy"])
        self.assertLessEqual(result.cost_ratio, 0.8)
        for episode in heard:
            self.assertEqual(episode.feasible, episode.cost_ratio <= 0.8)
            self.assertTrue(episode.accuracy_pct is not None or not episode.feasible)
        self.assertEqual(heard[-1].best.policy, result.summary["best"]["policy"])

    def test_stopped_by_an_exception_go_on_to_the_same_bytes(self):
        class Enough(Exception):
            pass

        def until_the_tenth(episode):
            if episode.episode == 10:
                raise Enough("ten are enough")

        with self.assertRaisesRegex(Enough, "ten are enough"):
            search(self.out("stopped")).run(until_the_tenth)
        rest = search(self.out("stopped"), resume=True).run()
        self.assertEqual(contents(self.out("stopped")), contents(self.programs))
        self.assertEqual(rest.episodes[0].episode, 11)

    def test_interrupted_leave_a_run_that_goes_on(self):
        script = f"""
import os, signal, sys
sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r})
import kirchhoff
def tell(episode):
    if episode.episode == 5:
        os.killpg(os.getpgrp(), signal.SIGINT)
try:
    kirchhoff.Search("ppo-masked", 0.8, episodes=40, seed=3, images=300, race_images=0, options={OPTIONS!r},
                     out={self.out("interrupted")!r}).run(tell)
except KeyboardInterrupt:
    print("interrupted")
"""
        done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.assertEqual((done.returncode, done.stdout), (0, "interrupted\n"))
        search(self.out("interrupted"), resume=True).run()
        self.assertEqual(contents(self.out("interrupted")), contents(self.programs))

    def test_take_the_settings_of_a_chip(self):
        chip = kirchhoff.Chip(images=300)
        result = kirchhoff.Search("ppo-masked", 0.8, chip, episodes=40, seed=3, race_images=0, options=OPTIONS).run()
        with open(os.path.join(self.programs, "summary.json"), encoding="utf-8") as file:
            self.assertIn(f'"policy": "{result.policy}"', file.read())
        self.assertAlmostEqual(chip.cost(result.policy).cost_ratio, result.cost_ratio, places=12)

    def test_by_every_method_find_something(self):
        for method in ("uniform", "greedy", "nsga2"):
            result = kirchhoff.Search(method, 0.8, images=100, episodes=20, race_images=0).run()
            self.assertIsNotNone(result.policy, method)

    def test_that_are_wrong_say_why(self):
        for arguments, message in (
            ({"method": "ppoo"}, "method = ppoo: must be one of"),
            ({"th": 0.1}, "th = 0.1: must be at least 0.[0-9]+, the cost ratio of"),
            ({"th": -1}, "th"),
            ({"options": {"ppo.discont": 1}}, "ppo.discont: no such option.*ppo.discount"),
            ({"options": {"ppo.discount": 7}}, r"ppo.discount = 7: must be a number in \[0, 1\]"),
            ({"options": {"limit": "speed"}}, "limit = speed: must be one of"),
            ({"options": {"limit": "latency"}, "config": {"cost.alpha": 1}}, "cost.alpha"),
            ({"episodes": 0}, "episodes = 0"),
            ({"images": 999999}, "the validation split has 5000"),
            ({"device": "tpu"}, "cpu or cuda"),
            ({"resume": True}, "needs out"),
            ({"resume": True, "out": self.out("nowhere")}, "nowhere"),
            ({"seed": -1}, "seed"),
        ):
            with self.assertRaisesRegex(kirchhoff.InputError, message):
                kirchhoff.Search(**arguments).run()

    def test_limited_by_latency_cost_what_they_say(self):
        result = kirchhoff.Search("greedy", 0.8, images=100, episodes=60, race_images=0, options={"limit": "latency"}).run()
        self.assertEqual(result.cost_ratio, result.summary["final"]["latency_ratio"])


support.run()
