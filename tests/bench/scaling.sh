#!/bin/bash
# What a policy costs against the number of windows and of tiles: chains of convolutions under W8A8,
# preset table4, overlapping layers. Prints two tables; with gnuplot it draws them.
#
#   tests/bench/scaling.sh build/tests/bench/kirchhoff_bench [scaling.svg]
set -eu
bench=$1
picture=${2:-}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# wide SIDE: six convolutions on seven tiles, for an image of SIDE x SIDE.
wide() {
  cat <<JSON
{"name": "wide-$1", "image": {"channels": 3, "height": $1, "width": $1}, "layers": [
  {"name": "C1", "kind": "convolution", "out_channels": 64, "kernel": 3, "padding": 1},
  {"name": "C2", "kind": "convolution", "out_channels": 64, "kernel": 3, "padding": 1, "pool": 2},
  {"name": "C3", "kind": "convolution", "out_channels": 128, "kernel": 3, "padding": 1},
  {"name": "C4", "kind": "convolution", "out_channels": 128, "kernel": 3, "padding": 1, "pool": 2},
  {"name": "C5", "kind": "convolution", "out_channels": 256, "kernel": 3, "padding": 1, "pool": 2},
  {"name": "OUT", "kind": "convolution", "out_channels": 10, "kernel": 1}]}
JSON
}

# deep LAYERS: convolutions of 64 windows, each on three tiles that exchange partial sums.
deep() {
  echo '{"name": "deep-'"$1"'", "image": {"channels": 256, "height": 8, "width": 8}, "layers": ['
  for ((l = 1; l <= $1; ++l)); do
    echo '  {"name": "C'$l'", "kind": "convolution", "out_channels": 256, "kernel": 3, "padding": 1},'
  done
  echo '  {"name": "OUT", "kind": "convolution", "out_channels": 10, "kernel": 1}]}'
}

# measure KIND NUMBER: number, windows, tiles, milliseconds of CPU time
measure() {
  $1 "$2" > "$folder/network.json"
  "$bench" --network="$folder/network.json" --schedule=pipelined --benchmark_filter=chip_cost/8 \
    --benchmark_format=csv 2> /dev/null |
    awk -F, -v number="$2" '
      $1 == "name" { for (i = 1; i <= NF; ++i) { gsub(/"/, "", $i); at[$i] = i } }
      /chip_cost\/8/ {
        printf "%6d %8d %6d %9.2f\n", number, $at["windows"], $at["tiles"], $at["cpu_time"]
      }'
}

echo '# side  windows  tiles        ms' | tee "$folder/windows.txt"
for side in 32 64 96 128 160 192 224; do measure wide $side; done | tee -a "$folder/windows.txt"
echo
echo '# layers windows tiles        ms' | tee "$folder/tiles.txt"
for layers in 4 8 16 24 32 48 64; do measure deep $layers; done | tee -a "$folder/tiles.txt"

[ -n "$picture" ] || exit 0
gnuplot <<GNUPLOT
set terminal svg size 900,380 font 'sans-serif,13' background '#ffffff'
set output '$picture'
set fit quiet logfile '/dev/null'
set multiplot layout 1,2
set key left top
set grid lc rgb '#dddddd'
set yrange [0:*]
set xrange [0:*]
set ylabel 'ms per policy'
f(x) = a * x
fit f(x) '$folder/windows.txt' using (\$2/1000):4 via a
set xlabel 'windows, thousands'
set title 'seven tiles, images of 32 to 224 pixels a side'
plot '$folder/windows.txt' using (\$2/1000):4 with points pt 7 lc rgb '#1f77b4' title 'measured', \
     f(x) with lines lc rgb '#888888' title sprintf('%.1f us per window', a)
g(x) = b * x
fit g(x) '$folder/tiles.txt' using 3:4 via b
set xlabel 'tiles'
set title '4 to 64 layers of 64 windows on three tiles each'
plot '$folder/tiles.txt' using 3:4 with points pt 7 lc rgb '#d62728' title 'measured', \
     g(x) with lines lc rgb '#888888' title sprintf('%.2f ms per tile', b)
GNUPLOT
