#!/usr/bin/env python3
"""Prints the third table of docs/cells.md: a network's accuracy over chips, noise by noise.

  docs/examples/noise.py build/kirchhoff [--seeds=1..20] [--OPTION=VALUE of evaluate...]
"""
import cells

NOISES = [
    ("`read_noise` {}", "--cells.read_noise", [0.01, 0.05, 0.1, 0.2], []),
    ("`read_noise` {}, `independent`", "--cells.read_noise", [0.01, 0.02, 0.05],
     ["--cells.noise_law", "independent"]),
    ("`noise_lsb` {}", "--adc.noise_lsb", [0.1, 0.2, 0.3, 0.5], []),
]

if __name__ == "__main__":
    cells.EFFECTS = [("none", [])] + [(name.format(value), [key, str(value), *more])
                                      for name, key, values, more in NOISES for value in values]
    cells.main()
