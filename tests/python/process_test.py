"""Several chips at a time, threads, forks, pickles and Ctrl-C."""
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import unittest

import support
import numpy as np

import kirchhoff

here = kirchhoff.Chip(images=200)
IMAGES = kirchhoff.load_dataset().images[:3]
COST = here.cost("W6A4")


class Workers(unittest.TestCase):
    def test_answer_as_the_chip_of_this_process_does(self):
        self.assertEqual(here.process, "here")
        other = kirchhoff.Chip(images=200)
        self.assertEqual(other.process, "worker")
        self.assertEqual(other.cost("W6A4"), COST)
        self.assertEqual(other.accuracy("W6A4"), here.accuracy("W6A4"))
        ours, theirs = here.simulate("W6A4", IMAGES), other.simulate("W6A4", IMAGES)
        np.testing.assert_array_equal(ours.logits, theirs.logits)
        self.assertEqual(ours.energy_pj, theirs.energy_pj)
        self.assertEqual(here.explain("latency", "W6A4"), other.explain("latency", "W6A4"))
        self.assertEqual(here.network, other.network)

    def test_have_hardware_of_their_own(self):
        chips = [kirchhoff.Chip({"adc.bits": bits}) for bits in (5, 7)]
        few, many = (chip.cost("W6A4").energy_pj for chip in chips)
        self.assertLess(few, many)
        self.assertEqual(here.cost("W6A4"), COST)

    def test_raise_what_a_chip_of_this_process_raises(self):
        other = kirchhoff.Chip(process="worker")
        messages = []
        for chip in (here, other):
            with self.assertRaises(kirchhoff.InputError) as caught:
                chip.cost("W1A1")
            messages.append(str(caught.exception))
        self.assertEqual(*messages)
        self.assertEqual(other.cost("W6A4"), COST)

    def test_are_made_again_when_they_end(self):
        other = kirchhoff.Chip(process="worker")
        other._worker._process.kill()
        with self.assertRaisesRegex(kirchhoff.RunError, "has ended, with status -9"):
            other.cost("W6A4")
        self.assertEqual(other.cost("W6A4"), COST)

    def test_end_with_their_chip(self):
        other = kirchhoff.Chip(process="worker")
        process = other._worker._process
        del other
        self.assertIsNotNone(process.poll())

    def test_end_with_their_parent(self):
        code = ("import kirchhoff, os, signal; chip = kirchhoff.Chip(process='worker');"
                "print(chip._worker._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)")
        worker = int(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True).stdout)
        for _ in range(300):
            try:
                os.kill(worker, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)
        self.fail("the worker lives on")

    def test_take_no_second_chip_here(self):
        with self.assertRaisesRegex(kirchhoff.RunError, "has a chip already"):
            kirchhoff.Chip(process="here")


class Copies(unittest.TestCase):
    def test_of_a_pickle_are_chips_of_the_same_settings(self):
        copy = pickle.loads(pickle.dumps(here))
        self.assertEqual((copy.process, copy.cost("W6A4")), ("worker", COST))

    def test_of_a_fork_are_chips_of_their_own(self):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if here.cost("W6A4") == COST and here.process == "worker" else 2
                here._worker.close()
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual((here.process, here.cost("W6A4")), ("here", COST))


class Threads(unittest.TestCase):
    def test_share_a_chip(self):
        costs = []
        threads = [threading.Thread(target=lambda: costs.append(here.cost("W6A4"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(costs, [COST] * 8)

    def test_go_on_while_a_chip_computes(self):
        # Without the GIL released, no step would be made between the beginning and the end of a simulation.
        steps, done = [], threading.Event()

        def count():
            while not done.is_set():
                steps.append(time.perf_counter())

        counter = threading.Thread(target=count)
        counter.start()
        begin = time.perf_counter()
        here.simulate("W8A8", np.repeat(IMAGES, 20, axis=0))
        end = time.perf_counter()
        done.set()
        counter.join()
        middle = [step for step in steps if begin + (end - begin) / 4 < step < end - (end - begin) / 4]
        self.assertTrue(middle)


class Interrupts(unittest.TestCase):
    """Ctrl-C during a run that would take minutes. The signal goes to the whole group, as a terminal sends it."""

    SCRIPT = """
import sys, threading, os, signal, time
import numpy as np, kirchhoff
chip = kirchhoff.Chip(process=sys.argv[1] if sys.argv[1] != "here" else "auto")
images = np.repeat(kirchhoff.load_dataset().images[:1], 100_000, axis=0)
before = chip.cost("W6A4")
chip.simulate("W8A8", images[:1])
threading.Timer(1.0, os.killpg, (os.getpgrp(), signal.SIGINT)).start()
try:
    chip.simulate("W8A8", images)
except KeyboardInterrupt:
    assert chip.cost("W6A4") == before
    print(chip.process, "interrupted", flush=True)
"""

    def interrupted(self, where):
        done = subprocess.run([sys.executable, "-c", self.SCRIPT, where], stdout=subprocess.PIPE, text=True, timeout=120,
                              start_new_session=True)
        self.assertEqual((done.returncode, done.stdout), (0, "worker interrupted\n"))

    def test_stop_a_chip_of_this_process_which_goes_on_in_a_worker(self):
        self.interrupted("here")

    def test_stop_a_worker_which_is_made_again(self):
        self.interrupted("worker")

    def test_go_to_python_afterwards(self):
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        here.cost("W6A4")
        with self.assertRaises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)


support.run()
