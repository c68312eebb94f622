#!/bin/bash
# What a policy costs against the number of windows and of tiles: VGG-like chains of six convolutions
# under W8A8, preset table4, overlapping layers. Prints two tables; with gnuplot it draws them.
#
#   tests/bench/scaling.sh build/tests/bench/kirchhoff_bench [scaling.svg]
set -eu
bench=$1
picture=${2:-}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# network SIDE CHANNELS: three stages of two convolutions; the last layer has one window per pixel.
network() {
  local c=$2
  cat <<JSON
{"name": "chain-$1-$2", "image": {"channels": 3, "height": $1, "width": $1}, "layers": [
  {"name": "C1", "kind": "convolution", "out_channels": $c, "kernel": 3, "padding": 1},
  {"name": "C2", "kind": "convolution", "out_channels": $c, "kernel": 3, "padding": 1, "pool": 2},
  {"name": "C3", "kind": "convolution", "out_channels": $((2 * c)), "kernel": 3, "padding": 1},
  {"name": "C4", "kind": "convolution", "out_channels": $((2 * c)), "kernel": 3, "padding": 1, "pool": 2},
  {"name": "C5", "kind": "convolution", "out_channels": $((4 * c)), "kernel": 3, "padding": 1, "pool": 2},
  {"name": "OUT", "kind": "convolution", "out_channels": 10, "kernel": 1}]}
JSON
}

# measure SIDE CHANNELS: side, channels, windows, tiles, windows x tiles, milliseconds of CPU time
measure() {
  network "$1" "$2" > "$folder/network.json"
  "$bench" --network="$folder/network.json" --schedule=pipelined --benchmark_filter=chip_cost/8 \
    --benchmark_format=csv 2> /dev/null |
    awk -F, -v side="$1" -v channels="$2" '
      $1 == "name" { for (i = 1; i <= NF; ++i) { gsub(/"/, "", $i); at[$i] = i } }
      /chip_cost\/8/ {
        printf "%5d %8d %8d %6d %13d %9.2f\n", side, channels, $at["windows"], $at["tiles"],
               $at["tile_windows"], $at["cpu_time"]
      }'
}

head='# side channels windows  tiles windows*tiles        ms'
echo "$head" | tee "$folder/windows.txt"
for side in 32 64 96 128 160 192 224; do measure $side 64; done | tee -a "$folder/windows.txt"
echo
echo "$head" | tee "$folder/tiles.txt"
for channels in 32 64 96 128 160 192 224; do measure 32 $channels; done | tee -a "$folder/tiles.txt"

[ -n "$picture" ] || exit 0
gnuplot <<GNUPLOT
set terminal svg size 900,380 font 'sans-serif,13' background '#ffffff'
set output '$picture'
set multiplot layout 1,2
set key left top
set grid lc rgb '#dddddd'
set yrange [0:*]
set xrange [0:*]
set ylabel 'ms per policy'
set xlabel 'windows x tiles, thousands'
f(x) = a * x + b
fit f(x) '$folder/windows.txt' using (\$5/1000):6 via a, b
set title 'image of 32 to 224 pixels a side, 64 channels'
plot '$folder/windows.txt' using (\$5/1000):6 with points pt 7 lc rgb '#1f77b4' title 'measured', \
     f(x) with lines lc rgb '#888888' title sprintf('%.1f us per window and tile', 1000*a)
g(x) = c * x + d
fit g(x) '$folder/tiles.txt' using (\$5/1000):6 via c, d
set title '32 to 224 channels, image of 32 pixels a side'
plot '$folder/tiles.txt' using (\$5/1000):6 with points pt 7 lc rgb '#d62728' title 'measured', \
     g(x) with lines lc rgb '#888888' title sprintf('%.1f us per window and tile', 1000*c)
GNUPLOT
