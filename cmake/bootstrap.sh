# shellcheck shell=bash
# Sourced by ./run, ./test and .ci/run: installs what is missing on Debian 12 and builds into build/.
# Everything is looked up first, so that on a prepared machine nothing is installed and nobody asks
# for root.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

packages=(
  build-essential cmake ninja-build ccache
  libsystemc-dev libeigen3-dev libtorch-dev libsleef-dev libdnnl-dev libopenblas0-pthread libarchive-dev
  libboost-context-dev coinor-libcbc-dev libpagmo-dev librandom123-dev
  libboost-program-options-dev libfmt-dev libspdlog-dev nlohmann-json3-dev zlib1g-dev
  libonnx-dev libprotobuf-dev libonnx-testdata libopenmpi-dev openmpi-bin
  libgtest-dev libbenchmark-dev python3 python3-dev python3-numpy pybind11-dev doxygen gnuplot-nox dataset-fashion-mnist
)

# What the tests start shards with, look at pages, drawings, exported models, types, notebooks and the website with, and take a network from.
test_packages=(
  parallel chromium fish fonts-liberation graphviz groff-base gtkwave jupyter-nbconvert mkdocs mypy
  python3-ipykernel python3-matplotlib python3-onnx python3-torch slurm-client slurmctld slurmd zsh
)

# What looks at the style of the sources (cmake/lint.sh).
lint_packages=(clang-format clang-tidy)

# install_packages [MORE…]: the packages above, and MORE.
install_packages() {
  local packages=("${packages[@]}" "$@")
  if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: taking for granted that these are installed: ${packages[*]}" >&2
    return
  fi
  local installed missing=() package
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local root=(env)
  if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
      echo "missing packages, and neither root nor sudo to install them: ${missing[*]}" >&2
      return 1
    fi
    root=(sudo env)
  fi
  echo "Installing ${missing[*]}" >&2
  local apt=("${root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -q
             -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600)
  "${apt[@]}" update >&2
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >&2
}

# Sources with LibTorch headers take over 1 GB each to compile: no more jobs than the memory holds.
build_jobs() {
  local jobs by_memory
  jobs=$(nproc)
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1600000) }' /proc/meminfo)
  if [[ -n $by_memory && $by_memory -lt $jobs ]]; then jobs=$by_memory; fi
  if [[ $jobs -lt 1 ]]; then jobs=1; fi
  echo "$jobs"
}

# build TARGET… leaves the caller in the top folder.
build() {
  cd "$top" || return
  cmake --preset release --log-level=WARNING >&2
  cmake --build build --parallel "$(build_jobs)" --target "$@" >&2
}
