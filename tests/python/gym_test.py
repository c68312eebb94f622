"""kirchhoff.gym.BitWidths keeps Gymnasium's contract, with and without Gymnasium; its own checker is asked, too, where it is."""
import inspect
import os
import subprocess
import sys
import unittest

import support
import numpy as np

from kirchhoff.gym import BitWidths

env = BitWidths(th=0.8, images=200)


def episode(seed):
    """Observations, rewards and the last info of an episode of sampled actions."""
    env.action_space.seed(seed)
    observation, info = env.reset(seed=seed)
    observations, rewards, terminated = [observation], [], False
    while not terminated:
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        observations.append(observation)
        rewards.append(reward)
        assert truncated is False
    return observations, rewards, info


class Contract(unittest.TestCase):
    def test_spaces_say_what_comes(self):
        space = env.observation_space
        self.assertEqual((space.shape, space.dtype), ((8,), np.dtype(np.float32)))
        self.assertEqual(env.action_space.n, 7)
        for name in ("low", "high"):
            self.assertEqual(getattr(space, name).shape, (8,))
        self.assertTrue(space.contains(space.sample()))
        for wrong in (np.zeros(7, np.float32), np.full(8, 2, np.float32), np.full(8, np.nan, np.float32), [0] * 8):
            self.assertFalse(space.contains(wrong) and not isinstance(wrong, list))
        self.assertFalse(env.action_space.contains(7) or env.action_space.contains(-1) or env.action_space.contains(0.5))
        self.assertEqual(list(inspect.signature(env.reset).parameters), ["seed", "options"])
        self.assertEqual(env.metadata["render_modes"], [])
        self.assertIsNone(env.render_mode)
        self.assertIs(env.unwrapped, env)

    def test_steps_give_five_values_of_their_types(self):
        answer = env.reset(seed=1)
        self.assertIsInstance(answer, tuple)
        observation, info = answer
        self.assertIn(observation, env.observation_space)
        self.assertIsInstance(info, dict)
        for left in reversed(range(len(env.slots))):
            answer = env.step(3)
            self.assertEqual((type(answer), len(answer)), (tuple, 5))
            observation, reward, terminated, truncated, info = answer
            self.assertIn(observation, env.observation_space)
            self.assertEqual([type(x) for x in (reward, terminated, truncated, info)], [float, bool, bool, dict])
            self.assertEqual(terminated, left == 0)
        self.assertEqual(len(env.slots), 6)

    def test_the_same_seed_gives_the_same_episode(self):
        for seed in range(5):
            first, again = episode(seed), episode(seed)
            np.testing.assert_array_equal(first[0], again[0])
            self.assertEqual(first[1:], again[1:])
        self.assertFalse(all(episode(seed)[1] == episode(0)[1] for seed in range(5)))
        first, again = (env.reset(seed=3) and env.np_random.integers(1 << 30) for _ in range(2))
        self.assertEqual(first, again)

    def test_observations_are_the_callers(self):
        observation, _ = env.reset()
        before = observation.copy()
        observation[:] = 0
        np.testing.assert_array_equal(env.reset()[0], before)

    def test_what_is_wrong_is_refused(self):
        env.reset()
        for action in (7, -1, 1.5, None):
            with self.assertRaisesRegex(ValueError, "must be in"):
                env.step(action)
        for _ in env.slots:
            env.step(np.int64(6))
        with self.assertRaisesRegex(RuntimeError, "reset"):
            env.step(0)
        with self.assertRaisesRegex(ValueError, "th"):
            BitWidths(env.chip, th=-1.0)
        with self.assertRaisesRegex(ValueError, "network"):
            BitWidths(env.chip, network="vgg13")


class Meaning(unittest.TestCase):
    def last(self, actions, env=env):
        env.reset()
        for action in actions:
            answer = env.step(action)
        return answer[1], answer[4]

    def test_an_episode_is_a_policy_and_its_costs(self):
        actions = [4, 2, 3, 2, 4, 5]
        reward, info = self.last(actions)
        pairs = env.chip.bits(info["policy"])
        self.assertEqual(pairs[1:-1].ravel().tolist(), [env.bits(action) for action in actions])
        self.assertEqual(pairs[[0, -1]].tolist(), [[8, 8], [8, 8]])
        cost = env.chip.cost(info["policy"])
        self.assertEqual(info["cost_ratio"], cost.cost_ratio)
        self.assertEqual(info["energy_pj"], cost.energy_pj)

    def test_the_reward_is_the_papers(self):
        for actions in ([0] * 6, [3] * 6, [2, 1, 4, 0, 3, 3]):
            reward, info = self.last(actions)
            if not info["feasible"]:
                self.assertEqual((reward, info["accuracy_pct"]), (-1.0, None))
                continue
            loss = info["w8a8_accuracy_pct"] - info["accuracy_pct"]
            self.assertAlmostEqual(reward, -0.1 * loss if loss <= 10 else -1.0, places=12)
        reward, info = self.last([6] * 6)
        self.assertEqual((reward, info["cost_ratio"], info["feasible"]), (-1.0, 1.0, False))

    def test_beyond_th_the_slope_shows_the_way_down(self):
        slope = BitWidths(env.chip, th=0.8, cost_slope=2.0)
        reward, info = self.last([6] * 6, slope)
        self.assertAlmostEqual(reward, -1 - 2 * (1 / 0.8 - 1), places=12)


class WithGymnasium(unittest.TestCase):
    SCRIPT = """
import gymnasium
from kirchhoff.gym import BitWidths
assert issubclass(BitWidths, gymnasium.Env) and gymnasium.registered == {"kirchhoff/BitWidths-v0": "kirchhoff.gym:BitWidths"}
env = BitWidths(th=0.8, images=200)
assert type(env.observation_space) is gymnasium.spaces.Box and type(env.action_space) is gymnasium.spaces.Discrete
first, _ = env.reset(seed=7)
chance = env.np_random.integers(1 << 30)
assert env.observation_space.contains(first) and env.reset(seed=7) and env.np_random.integers(1 << 30) == chance
for _ in env.slots:
    observation, reward, terminated, truncated, info = env.step(3)
    assert env.observation_space.contains(observation)
print(terminated, reward, info)
"""

    def test_it_is_one_of_its_environments_with_the_same_rewards(self):
        stand_ins = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand_ins")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], stand_ins])}
        done = subprocess.run([sys.executable, "-c", self.SCRIPT], env=environment, stdout=subprocess.PIPE, text=True)
        env.reset()
        for _ in env.slots:
            _, reward, terminated, _, info = env.step(3)
        self.assertEqual((done.returncode, done.stdout), (0, f"{terminated} {reward} {info}\n"))


class Checkers(unittest.TestCase):
    def test_of_gymnasium(self):
        try:
            from gymnasium.utils.env_checker import check_env
        except ImportError as error:
            self.skipTest(str(error))
        import gymnasium

        check_env(env, skip_render_check=True)
        made = gymnasium.make("kirchhoff/BitWidths-v0", chip=env.chip)
        made.reset(seed=1)

    def test_of_stable_baselines3(self):
        try:
            from stable_baselines3.common.env_checker import check_env
        except ImportError as error:
            self.skipTest(str(error))
        check_env(env)


support.run()
