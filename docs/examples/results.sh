#!/bin/bash
# Makes again what docs/results and docs/results.md derive from the searches that lie there: the tables of
# every folder, and the extracts of the page. Without a program the tables of `kirchhoff report` stay.
#
#   docs/examples/results.sh [build/kirchhoff]
set -eu
program=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# report FOLDER TABLE...: these tables of `kirchhoff report`
report() {
  [ -n "$program" ] || return 0
  local folder=results/$1 table
  shift
  "$program" report "$folder" --out "$scratch" --quiet
  mkdir -p "$folder/report"
  for table; do cp "$scratch/$table.csv" "$folder/report/"; done
}

for folder in results/lenet5-* results/vgg13-cifar10{,-masked,-tight,-amortised} results/{resnet20,mobilenet-v2}-cifar10{,-world-alone}; do
  python3 examples/losses_by_accuracies.py "$folder" > "$folder/losses_by_accuracies.csv"
done
for folder in results/lenet5-*-tight; do
  python3 examples/losses_by_accuracies.py "$folder" --test > "$folder/losses_by_accuracies_test.csv"
done
for folder in results/lenet5-fashion-mnist-{tight,mask-alone} results/vgg13-cifar10{,-energy}; do
  python3 examples/learning.py "$folder" > "$folder/learning.csv"
done
for dataset in mnist fashion-mnist; do
  gradients=results/lenet5-$dataset-gradient
  python3 examples/rank_sensitivities.py "results/lenet5-$dataset-tight" \
    "\`gradient\`, 5,000 images=$gradients/sensitivities.csv" \
    "\`fisher\`, 5,000=$gradients/sensitivities_fisher.csv" \
    "\`gradient\`, 1,000=$gradients/sensitivities_gradient_1000.csv" \
    "\`fisher\`, 1,000=$gradients/sensitivities_fisher_1000.csv" > "$gradients/ranks.csv"
done
gradients=results/vgg13-cifar10-gradient
python3 examples/rank_sensitivities.py results/vgg13-cifar10 \
  "\`gradient\`, 300 images=$gradients/sensitivities.csv" "\`fisher\`, 300=$gradients/sensitivities_fisher.csv" \
  "\`gradient\`, 60=$gradients/sensitivities_gradient_60.csv" > "$gradients/ranks.csv"
report lenet5-mnist-tight losses table6 bias duels hypervolume pareto task
report lenet5-fashion-mnist-tight losses table6 task
report lenet5-mnist-accuracies losses table6 bias
report vgg13-cifar10 losses table5 table6 bias bits pareto task
report vgg13-cifar10-energy losses table5
report resnet20-cifar10 losses table6 bias pareto task
report mobilenet-v2-cifar10 losses table6 bias pareto task
if [ -n "$program" ]; then
  for table in costs layers; do
    python3 examples/edge_cloud.py $table results/edge-cloud "$program" > "$scratch/$table.csv"
    mv "$scratch/$table.csv" results/edge-cloud/
  done
fi
python3 examples/fill_tables.py results.md
