#!/usr/bin/env bash
# The quick start on its base as stored, in INT8 and in NF4: losses on the test rows before and after tuning, several seeds, and what leaving the
# quantised base costs. One line a run and the means; about two minutes a run on two cores.
#   bench/tables/quantised.sh       SEEDS="1 2 3"   EPOCHS=4   WORK=runs/quantised   BUILD=no: what is there is measured
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=${WORK:-runs/quantised} epochs=${EPOCHS:-4}
read -ra seeds <<< "${SEEDS:-1 2 3}"
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
for base in stored int8 nf4; do
  for seed in "${seeds[@]}"; do
    run=$work/$base-$seed
    if [ ! -f "$run/report.json" ]; then
      rm -rf "$run"
      src/Attune.Cli/bin/Release/net10.0/Attune.Cli train recipes/quickstart.yaml --rank 32 --base "$base" --seed "$seed" --epochs "$epochs" --output "$run" --quiet > /dev/null
    fi
  done
done
echo "| base | before | after | label accuracy |"
echo "|---|---:|---:|---:|"
for base in stored int8 nf4; do
  for seed in "${seeds[@]}"; do
    awk -F'|' '$2 == " loss on test rows " {loss = $3 "|" $4} $2 == " label accuracy " {label = $4} END {print loss "|" label}' "$work/$base-$seed/report.md"
  done | awk -F'|' -v base="$base" '{b += $1; a += $2; gsub(/[^0-9.]/, "", $3); l += $3} END {printf "| %s | %.3f | %.3f | %.1f %% |\n", base, b / NR, a / NR, l / NR}'
done
for base in int8 nf4; do
  printf '\nLeaving the base in %s, mean over %d seeds\n\n| form | loss | above the result |\n|---|---:|---:|\n' "$base" "${#seeds[@]}"
  for seed in "${seeds[@]}"; do
    sed -n '/What it costs to leave the quantised base/,/^## Where/p' "$work/$base-$seed/report.md" | grep '^| ' | tail -n +2
  done | awk -F'|' '{gsub(/\\/, ""); gsub("−", "-", $4)} !($2 in n) {order[++k] = $2} {n[$2]++; a[$2] += $3; d[$2] += $4} END {for (i = 1; i <= k; i++) printf "|%s| %.4f | %+.4f |\n", order[i], a[order[i]] / n[order[i]], d[order[i]] / n[order[i]]}'
done
