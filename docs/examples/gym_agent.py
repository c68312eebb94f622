"""A small agent of its own that learns bit widths: REINFORCE with a perceptron, in NumPy alone.

    python3 docs/examples/gym_agent.py [EPISODES]      # LeNet-5 on Fashion-MNIST at 80 % of W8A8's cost
"""
import sys

import numpy as np

from kirchhoff.gym import BitWidths

HIDDEN, RATE, BATCH, ENTROPY = 32, 0.02, 10, 0.01


class Agent:
    """Softmax over actions of a perceptron with one hidden layer; Adam climbs the expected reward."""

    def __init__(self, inputs, actions, rng):
        self.rng = rng
        self.weights = [rng.normal(0, inputs**-0.5, (inputs + 1, HIDDEN)), np.zeros((HIDDEN + 1, actions))]
        self.first = [np.zeros_like(w) for w in self.weights]
        self.second = [np.zeros_like(w) for w in self.weights]
        self.updates = 0

    def look(self, observation):
        x = np.append(observation, 1.0)
        hidden = np.append(np.tanh(x @ self.weights[0]), 1.0)
        odds = np.exp((logits := hidden @ self.weights[1]) - logits.max())
        return x, hidden, odds / odds.sum()

    def act(self, observation):
        return int(self.rng.choice(self.weights[1].shape[1], p=self.look(observation)[2]))

    def learn(self, steps):
        """steps: (observation, action, advantage)"""
        gradients = [np.zeros_like(w) for w in self.weights]
        for observation, action, advantage in steps:
            x, hidden, p = self.look(observation)
            up = advantage * (np.eye(len(p))[action] - p)
            up -= ENTROPY * p * (np.log(p + 1e-9) - np.sum(p * np.log(p + 1e-9)))
            gradients[1] += np.outer(hidden, up)
            gradients[0] += np.outer(x, (self.weights[1][:-1] @ up) * (1 - hidden[:-1] ** 2))
        self.updates += 1
        for w, g, m, v in zip(self.weights, gradients, self.first, self.second):
            m += 0.1 * (g / len(steps) - m)
            v += 0.001 * ((g / len(steps)) ** 2 - v)
            w += RATE * (m / (1 - 0.9**self.updates)) / (np.sqrt(v / (1 - 0.999**self.updates)) + 1e-8)


def train(env, episodes, seed=1):
    """Rewards of all episodes, and the best of them: (reward, info)."""
    agent = Agent(env.observation_space.shape[0], env.action_space.n, np.random.default_rng(seed))
    rewards, best, batch = [], (-np.inf, {}), []
    for _ in range(episodes):
        observation, _ = env.reset()
        steps, over = [], False
        while not over:
            action = agent.act(observation)
            after, reward, over, _, info = env.step(action)
            steps.append((observation, action))
            observation = after
        rewards.append(reward)
        best = max(best, (reward, info), key=lambda one: one[0])
        batch.append((steps, reward))
        if len(batch) == BATCH:
            gains = np.array([reward for _, reward in batch])
            gains = (gains - gains.mean()) / (gains.std() + 1e-6)
            agent.learn([(*step, gain) for (steps, _), gain in zip(batch, gains) for step in steps])
            batch = []
    return np.array(rewards), best


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    rewards, (reward, info) = train(BitWidths(th=0.8, cost_slope=1.0, images=1000), count)
    tenth = max(1, count // 10)
    print(f"mean reward   {rewards[:tenth].mean():.3f} at first, {rewards[-tenth:].mean():.3f} at last")
    print(f"best policy   {info['policy']}: {info['accuracy_pct']} % (W8A8 {info['w8a8_accuracy_pct']} %)"
          f" at cost {info['cost_ratio']:.4f}")
