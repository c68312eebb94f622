#!/usr/bin/env bash
# Checks the format of every source, and with clang-tidy those that differ from another commit.
#
# usage: cmake/lint.sh [BUILD [COMMIT]]     BUILD: a configured build folder (build), COMMIT: HEAD~1
#
# 1 when something is not as the house style has it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${1:-build}
commit=${2:-HEAD~1}

for tool in clang-format clang-tidy; do
  if ! command -v "$tool" >/dev/null; then
    echo "lint: $tool is not installed" >&2
    exit 1
  fi
done

status=0
find base traces quant hw mapping sim agent cosim report cli python tests docs/examples \( -name '*.cpp' -o -name '*.h' -o -name '*.inc' \) -print0 | xargs -0 clang-format --dry-run --Werror || status=1

# Whoever owns the checkout.
mapfile -t changed < <(git -c safe.directory="$PWD" diff --name-only --diff-filter=d "$commit" -- '*.cpp' ':!docs' 2>/dev/null || true)
if [[ ${#changed[@]} -gt 0 ]]; then
  echo "lint: clang-tidy on ${#changed[@]} sources that differ from $commit" >&2
  # Its options are those of GCC, some of which clang does not know.
  commands=$(mktemp -d)
  trap 'rm -r "$commands"' EXIT
  python3 cmake/single_sources.py "$build/compile_commands.json" > "$commands/compile_commands.json"
  printf '%s\0' "${changed[@]}" |
    xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$commands" --quiet --warnings-as-errors='*' \
      --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument || status=1
fi
exit "$status"
