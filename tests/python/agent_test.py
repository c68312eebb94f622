"""docs/examples/gym_agent.py learns: its last policies earn more than its first, and it finds one within th."""
import sys

import support

sys.path.insert(0, sys.argv[1])
import gym_agent
from kirchhoff.gym import BitWidths

env = BitWidths(th=0.8, cost_slope=1.0, images=200)
rewards, (reward, info) = gym_agent.train(env, 250)
again, _ = gym_agent.train(env, 250)
assert (rewards == again).all(), "the same seed, the same rewards"
first, last = rewards[:50].mean(), rewards[-50:].mean()
print(first, last, reward, info)
assert last > first + 0.1, (first, last)
assert info["feasible"] and info["cost_ratio"] <= 0.8, info
