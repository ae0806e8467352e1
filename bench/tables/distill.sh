#!/usr/bin/env bash
# What a teacher gives a small model beyond few labels: the table "Learning from a larger model" of docs/results.md. A student (models/attune-student)
# learns from the first ROWS rows of the quick start's data on labels alone and with every divergence, for the same number of steps; the
# teacher is models/attune-base tuned by the quick start on all rows. Medians over the seeds, their range in brackets.
#   bench/tables/distill.sh       SEEDS="1 2 3"   ROWS=300   EPOCHS=16   RATE=0.003   THREADS=auto   WORK=runs/distill   BUILD=no: what is there is measured
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=${WORK:-runs/distill} rows=${ROWS:-300} epochs=${EPOCHS:-16} rate=${RATE:-0.003} threads=${THREADS:-auto}
read -ra seeds <<< "${SEEDS:-1 2 3}"
support=recipes/data/support
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
attune() { dotnet src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll "$@" --quiet --json; }

[ -s "$work/teacher/report.json" ] || attune train recipes/quickstart.yaml --rank 32 --learning-rate 0.0008 --threads "$threads" --output "$work/teacher" > /dev/null
head -n "$rows" $support/train.jsonl > "$work/rows-$rows.jsonl"

# name | what the recipe says beside recipes/distill.yaml
arms() {
  cat <<'T'
labels alone|label_weight=1
forward KL|divergence=forward-kl
forward KL, T = 2|divergence=forward-kl temperature=2
forward KL, T = 2, no labels|divergence=forward-kl temperature=2 label_weight=0
reverse KL|divergence=reverse-kl
Jensen-Shannon|divergence=js
skew KL|divergence=skew-kl
skew reverse KL|divergence=skew-reverse-kl
on-policy (half of the rows), forward KL|divergence=forward-kl on_policy=0.5
forward KL, T = 2, hidden states of the last layer|divergence=forward-kl temperature=2 hidden=0.5
forward KL, T = 2, hidden states of all layers|divergence=forward-kl temperature=2 hidden=0.5 hidden_layers=uniform
T
}

student() { # student FOLDER SEED KEY=VALUE …
  local run=$1 seed=$2 settings=(); shift 2
  for setting in "$@"; do settings+=(--set "objective.$setting"); done
  [ -s "$run/report.json" ] || attune train recipes/distill.yaml --data "$work/rows-$rows.jsonl" --teacher-adapter "$work/teacher/adapter" \
    --epochs "$epochs" --rank 32 --learning-rate "$rate" --seed "$seed" --patience 0 --threads "$threads" --general none --output "$run" "${settings[@]}" > /dev/null
}

row() { # row NAME FILE … : a line of the table from reports
  jq -rs --arg name "$1" '
    def cell(f): [.[] | f] | sort | "\(.[(length / 2 | floor)] * 1000 | round / 1000) (\(.[0] * 1000 | round / 1000) to \(.[-1] * 1000 | round / 1000))";
    def metric(n): .metrics[] | select(.name | startswith(n)) | .after;
    "| \($name) | \(cell(metric("label accuracy"))) | \(cell(metric("first line right"))) | \(cell(metric("loss on test rows"))) |"' "${@:2}"
}

n=0
while IFS='|' read -r name settings; do
  read -ra keys <<< "$settings"
  for seed in "${seeds[@]}"; do student "$work/$rows-$n-$seed" "$seed" "${keys[@]}" < /dev/null; done
  n=$((n + 1))
done < <(arms)

echo "| $rows rows, $epochs epochs, ${#seeds[@]} seeds: median (range) | right intent | first line right | loss on test rows |"
echo "|---|---:|---:|---:|"
row "the teacher (all 2,400 rows)" "$work/teacher/report.json"
n=0
while IFS='|' read -r name _; do
  files=()
  for seed in "${seeds[@]}"; do files+=("$work/$rows-$n-$seed/report.json"); done
  row "$name" "${files[@]}"
  n=$((n + 1))
done < <(arms)
