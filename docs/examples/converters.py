#!/usr/bin/env python3
"""Prints the second table of docs/cells.md: a network's accuracy over chips, converter error by error.

  docs/examples/converters.py build/kirchhoff [--seeds=1..20] [--OPTION=VALUE of evaluate...]
"""
import cells

S, FLASH = ["--adc.inl_curve", "s"], ["--adc.kind", "flash"]
ERRORS = [
    ("`offset_sigma` {}", "--adc.offset_sigma", [0.1, 0.2, 0.3], []),
    ("`gain_sigma` {}", "--adc.gain_sigma", [0.01, 0.05], []),
    ("`inl_lsb` {}, `bow`", "--adc.inl_lsb", [0.2], []),
    ("`inl_lsb` {}, `s`", "--adc.inl_lsb", [0.5, 1], S),
    ("`dnl_lsb` {}, `sar`", "--adc.dnl_lsb", [0.01, 0.03], []),
    ("`dnl_lsb` {}, `flash`", "--adc.dnl_lsb", [0.1, 0.3], FLASH),
]

if __name__ == "__main__":
    cells.EFFECTS = [("none", [])] + [(name.format(value), [key, str(value), *more])
                                      for name, key, values, more in ERRORS for value in values]
    cells.main()
