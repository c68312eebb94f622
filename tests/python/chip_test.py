"""kirchhoff.Chip beside the program: the same numbers, the same messages."""
import os
import subprocess
import sys
import tempfile
import unittest

import support
import numpy as np

import kirchhoff

PROGRAM = sys.argv[1]
POLICY = "8/8,6/4,5/4,6/6,8/8"
KEYS = {"adc.bits": 6}
chip = kirchhoff.Chip(config=KEYS, images=300)


class Costs(unittest.TestCase):
    def test_are_those_of_simulate(self):
        with tempfile.TemporaryDirectory() as folder:
            report = support.program_json(PROGRAM, folder, "simulate", "--timing-only", "--adc.bits", "6", "--policy", POLICY)
        cost = chip.cost(POLICY)
        self.assertEqual(cost.policy, POLICY)
        self.assertEqual(cost.latency_ns, report["latency_ns"])
        self.assertEqual(cost.energy_pj, report["energy_pj"])
        self.assertEqual(cost.power_rated_mw, report["power_rated_mw"])
        self.assertEqual(cost.area_um2, report["area_um2"])
        self.assertEqual([layer.name for layer in cost.layers], [layer["name"] for layer in report["layers"]])
        self.assertEqual([layer.energy_pj for layer in cost.layers], [layer["energy_pj"] for layer in report["layers"]])

    def test_of_w8a8_are_the_reference(self):
        self.assertEqual(chip.cost("W8A8").cost_ratio, 1.0)

    def test_of_fewer_bits_are_less(self):
        ratios = [chip.cost(f"W{bits}A{bits}").cost_ratio for bits in range(2, 9)]
        self.assertEqual(ratios, sorted(ratios))
        self.assertLess(ratios[0], 0.7)


class Policies(unittest.TestCase):
    def test_of_all_forms_are_one(self):
        pairs = [(8, 8), (6, 4), (5, 4), (6, 6), (8, 8)]
        for form in (POLICY, pairs, tuple(pairs), np.array(pairs), np.array(pairs, dtype=np.uint8)):
            self.assertEqual(chip.policy(form), POLICY)
        np.testing.assert_array_equal(chip.bits(POLICY), np.array(pairs))
        self.assertEqual(chip.policy("W6A4"), "6/4,6/4,6/4,6/4,6/4")

    def test_that_are_wrong_say_why(self):
        for wrong in ("W1A8", "8/8,8/8", "/etc/passwd", [(8, 8)], [8, 8], np.ones((5, 2)), np.ones((5, 3), int), "model"):
            with self.assertRaises(kirchhoff.InputError) as caught:
                chip.cost(wrong)
            self.assertNotIn("\n", str(caught.exception))
        with self.assertRaisesRegex(ValueError, "5 layers|W1A8|bits"):
            chip.cost("W1A8")


class Accuracies(unittest.TestCase):
    def test_are_those_of_evaluate(self):
        with tempfile.TemporaryDirectory() as folder:
            report = support.program_json(PROGRAM, folder, "evaluate", "--adc-exact", "--adc.bits", "6", "--policy",
                                          POLICY)
        whole = kirchhoff.Chip(config=KEYS).accuracy(POLICY)
        self.assertEqual(whole.accuracy_pct, report["accuracy_pct"])
        self.assertEqual(whole.images, 5000)
        first = chip.accuracy(POLICY)
        self.assertEqual((first.images, first.split), (300, "validation"))
        self.assertEqual(chip.accuracy(POLICY, split="test").images, 10000)

    def test_of_no_such_split_are_refused(self):
        with self.assertRaisesRegex(kirchhoff.InputError, "split = train: must be validation or test"):
            chip.accuracy(POLICY, split="train")


class Images(unittest.TestCase):
    data = kirchhoff.load_dataset(network="lenet5")

    def test_are_what_the_dataset_has(self):
        self.assertEqual(self.data.images.shape, (10000, 1, 32, 32))
        self.assertEqual((self.data.images.dtype, self.data.labels.dtype), (np.uint8, np.uint8))
        self.assertEqual(len(kirchhoff.load_dataset(split="validation")), 5000)
        self.assertEqual(np.bincount(self.data.labels).tolist(), [1000] * 10)

    def test_that_the_chip_computes_are_the_accuracy_engines(self):
        validation = kirchhoff.load_dataset(split="validation")
        few = kirchhoff.Chip(config=KEYS, images=20)
        result = chip.simulate(POLICY, validation.images[:20])
        self.assertEqual(result.logits.shape, (20, 10))
        self.assertEqual(result.logits.dtype, np.int64)
        np.testing.assert_array_equal(result.logits.argmax(axis=1), result.predictions)
        right = 100 * np.mean(result.predictions == validation.labels[:20])
        self.assertAlmostEqual(right, few.accuracy(POLICY).accuracy_pct, places=9)
        self.assertGreater(result.compared, 20 * 1000)

    def test_one_by_one_and_in_one_stream_are_the_same(self):
        images = self.data.images[:4]
        alone = np.concatenate([chip.simulate("W6A4", image).logits for image in images])
        together = chip.simulate("W6A4", images)
        stream = chip.simulate("W6A4", images, stream=True)
        np.testing.assert_array_equal(alone, together.logits)
        np.testing.assert_array_equal(alone, stream.logits)
        strided = chip.simulate("W6A4", self.data.images[:8:2][::-1])
        np.testing.assert_array_equal(strided.logits[-1], alone[0])

    def test_that_do_not_fit_are_refused(self):
        for wrong in (np.zeros((1, 1, 28, 28), np.uint8), np.zeros((1, 1, 32, 32)), np.zeros((0, 1, 32, 32), np.uint8)):
            with self.assertRaisesRegex(kirchhoff.InputError, "images"):
                chip.simulate("W8A8", wrong)


class Explanations(unittest.TestCase):
    def test_are_those_of_explain(self):
        text = subprocess.run([PROGRAM, "explain", "C3.energy.adc", "--policy", POLICY, "--adc.bits", "6"], check=True,
                              capture_output=True, text=True).stdout
        explanation = chip.explain("C3.energy.adc", POLICY)
        self.assertEqual(str(explanation), text)
        self.assertTrue(explanation.reconciles)

    def test_recompute_every_quantity(self):
        names = chip.quantities("W6A4")
        self.assertGreater(len(names), 200)
        for name in names[::40] + ["cost", "ratio.latency"]:
            self.assertTrue(chip.explain(name, "W6A4").reconciles, name)

    def test_of_nothing_are_refused(self):
        with self.assertRaisesRegex(kirchhoff.InputError, "C3.energi: no such quantity .did you mean"):
            chip.explain("C3.energi")


class Settings(unittest.TestCase):
    def test_are_preset_then_file_then_keys(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "my.ini")
            with open(path, "w", encoding="utf-8") as file:
                file.write("[adc]\nbits = 6\n")
            expected = chip.cost("W6A4")
            for config in (path, ["table4", path], [{"adc.bits": 6}], ["table4", {"adc.bits": 6}]):
                self.assertEqual(kirchhoff.Chip(config, process="worker").cost("W6A4"), expected)

    def test_that_are_wrong_say_why(self):
        for arguments, message in (
            ({"config": "no-such"}, "must be one of"),
            ({"config": {"adc.bit": 6}}, "adc.bit"),
            ({"config": {"adc.bits": 99}}, r"adc.bits.*99.*\["),
            ({"config": "/no/such.ini"}, "/no/such.ini"),
            ({"config": [{"adc.bits": 6}, "isaac"]}, "a preset, then a file, then keys"),
            ({"config": 3}, "config"),
            ({"network": "lenet6"}, "lenet6"),
            ({"weight_quantizer": "cubic"}, "linear or kmeans"),
            ({"fidelity": "high"}, "mvm or bit"),
            ({"images": -1}, "images = -1"),
            ({"process": "there"}, "auto, here or worker"),
        ):
            with self.assertRaisesRegex(kirchhoff.InputError, message):
                kirchhoff.Chip(**arguments)
        with self.assertRaisesRegex(kirchhoff.InputError, "dataset|nothing"):
            kirchhoff.Chip(dataset="nothing", process="worker").accuracy("W8A8")


class Lists(unittest.TestCase):
    def test_are_those_of_list(self):
        listed = subprocess.run([PROGRAM, "list", "presets"], check=True, capture_output=True, text=True).stdout
        for name in kirchhoff.presets():
            self.assertIn(name, listed)
        self.assertIn("vgg13", kirchhoff.networks())
        self.assertIn("ppo-masked", kirchhoff.methods())
        self.assertIn("cifar10", kirchhoff.datasets())


class Models(unittest.TestCase):
    def test_have_the_shapes_of_their_layers(self):
        model = kirchhoff.load_model("lenet5")
        self.assertEqual(list(model.layers), list(chip.network.policy_layers))
        weights, bias = model.layers["C3"]
        self.assertEqual((weights.shape, bias.shape), ((16, 6, 5, 5), (16,)))
        self.assertEqual((weights.dtype, bias.dtype), (np.float32, np.float32))
        for layer in chip.network.layers:
            self.assertEqual(model.layers[layer.name][0].size, layer.weights)
        self.assertTrue(np.isfinite(weights).all() and weights.std() > 0.01)

    def test_that_are_missing_say_how_to_get_them(self):
        with self.assertRaisesRegex(kirchhoff.InputError, "kirchhoff train"):
            kirchhoff.load_model("resnet50")


support.run()
