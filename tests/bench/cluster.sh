#!/bin/bash
# How much of 64 to 10,000 ranks a sweep uses: measures what a job takes and what rank 0 spends on
# it, plays the hand-out of a million jobs with these numbers, and draws it where gnuplot is there.
#
#   tests/bench/cluster.sh BUILD_FOLDER [NETWORK] [cluster.svg]
#   JOB_S=10e-6 tests/bench/cluster.sh …    with that much of rank 0 for a job, not measured
set -eu
build=$1
network=${2:-vgg13}
picture=${3:-}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
bench=$build/tests/bench/kirchhoff_cluster_bench

# Seconds of a job: the program's whole run on a core of its own, as processor time.
TIMEFORMAT='%U %S'
for bits in 4 5 6 7 8; do
  for policy in W4A4 W6A4 W8A4 W6A6 W8A8; do
    { time "$build/kirchhoff" simulate --timing-only --quiet --network="$network" --policy=$policy \
      --adc.bits=$bits --json="$folder/report.json" > /dev/null; } 2>&1
  done
done | awk '{ print $1 + $2 }' > "$folder/tasks"
sort -n "$folder/tasks" | awk '{ s += $1; t[NR] = $1 }
  END { printf "# a job of %d: mean %.3f s, median %.3f s, longest %.3f s\n", NR, s / NR, t[int((NR + 1) / 2)], t[NR] }'
job_s=${JOB_S:-}
if [ -z "$job_s" ]; then
  handling=$("$bench" handling)
  echo "# rank 0: $handling"
  job_s=$(echo "$handling" | awk '{ print $6 * 1e-6 }')
fi

# play LABEL KEY=VALUE…: ranks, efficiency, shares of the makespan or of all ranks' time
play() {
  local label=$1
  shift
  for ranks in 64 256 1024 4096 10000; do
    "$bench" simulate "$folder/tasks" tasks=1000000 ranks=$ranks start_s=0.1 latency_s=20e-6 \
      message_s=5e-6 job_s="$job_s" at_once=32 "$@" |
      awk -v label="$label" '{ printf "%-8s %6d %10.1f %8.3f %9.3f %8.3f %8.3f %8.3f %8d\n",
        label, $1, $3, $4, $5, $6, $7, $8, $9 }'
  done
}

echo '# design      ranks makespan_s efficiency rank0_busy store_busy waited idle_end messages'
{
  # As built, on a folder that costs nothing, with one job a message, and with shares of what is left.
  play single at_once=1
  play shares
  # As built, on a folder that takes 4,000 jobs a second: eight at a time, 2 ms for a job's links, log and result.
  play folder store_s=0.002 store_servers=8
  # Jobs as numbers into a list that all ranks have, results in the messages to rank 0, the only writer.
  play numbers job_s=0.3e-6
} | tee "$folder/table"

[ -n "$picture" ] || exit 0
gnuplot <<GNUPLOT
set terminal svg size 700,380 font 'sans-serif,13' background '#ffffff'
set output '$picture'
set logscale x 2
set xtics (64, 256, 1024, 4096, 10000)
set xlabel 'ranks'
set ylabel 'efficiency'
set yrange [0:1.05]
set key left bottom
set grid lc rgb '#dddddd'
plot '< grep ^numbers $folder/table' using 2:4 with linespoints lw 2 lc rgb '#2ca02c' title 'jobs as numbers, results to rank 0', \
  '< grep ^shares $folder/table' using 2:4 with linespoints lw 2 lc rgb '#1f77b4' title 'as built, folder without cost', \
  '< grep ^single $folder/table' using 2:4 with linespoints lw 2 lc rgb '#888888' title 'one job a message', \
  '< grep ^folder $folder/table' using 2:4 with linespoints lw 2 lc rgb '#d62728' title 'as built, folder that takes 4,000 jobs/s'
GNUPLOT
