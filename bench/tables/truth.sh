#!/usr/bin/env bash
# What tuning does to what a model makes up: the suite `truth` on the base, on the base tuned by the quick start and on a story model tuned
# on PubMedQA; and what unknown rows do to facts that a model knew, by what is done with them. A few minutes on two cores.
#   bench/tables/truth.sh       DATA=folder of the public data sets   SEEDS="1 2 3"   STEPS=400   WORK=runs/truth   BUILD=no: what is there is measured
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=${WORK:-runs/truth} data=${DATA:-../shared/data/datasets} steps=${STEPS:-400}
read -ra seeds <<< "${SEEDS:-1 2 3}"
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
attune() { dotnet src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll "$@" --quiet; }

echo "== the suite before and after the quick start"
[ -s "$work/quickstart/report.json" ] || attune train recipes/quickstart.yaml --rank 32 --learning-rate 0.0008 --output "$work/quickstart" > /dev/null
attune eval --model models/attune-base --adapter "$work/quickstart/adapter" --suite truth recipes/data/support/suite.json --data "$data" --base --out "$work/quickstart-truth"
if [ -d "$data/pubmedqa" ] && [ -d "$data/../models/tinystories-656K" ]; then
  echo "== the suite before and after PubMedQA"
  [ -s "$work/pubmedqa/report.json" ] || attune train recipes/pubmedqa.yaml --output "$work/pubmedqa" > /dev/null
  attune eval --model "$work/pubmedqa/model" --against "$data/../models/tinystories-656K" --suite truth --data "$data" --out "$work/pubmedqa-truth"
fi

# Made facts: every name has one of 24 streets. A model is taught the first 160 of them in conversations of three; of these 40 are among the
# rows that it is tuned on, with 80 that it was never taught, and the other 120 show what the tuning cost.
person() { # person NUMBER
  awk -v i="$1" 'BEGIN { split("Al Be Ci Do Ed Fa Gre Hin", a); split("ra la mo ni to", b); split("n l s k", c); split("Mill Oak Church Bridge Castle Harbour Station Market", d); split("Street Lane Hill", e)
    printf "%s%s%s %d|%s %s", a[i % 8 + 1], b[int(i / 8) % 5 + 1], c[int(i / 40) % 4 + 1], i % 7, d[(i * 5 + int(i / 3)) % 8 + 1], e[(i * 2 + int(i / 24)) % 3 + 1] }'
}
turns() { # turns NUMBER…
  local out="" i; for i in "$@"; do local p; p=$(person "$i"); out+="${out:+, }{\"role\": \"user\", \"content\": \"Where does ${p%|*} live?\"}, {\"role\": \"assistant\", \"content\": \"${p#*|}\"}"; done
  echo "{\"messages\": [$out]}"
}
if [ ! -s "$work/rest.jsonl" ]; then
  for i in $(seq 0 159); do for k in 1 2 3; do turns $(((i * 7 + k * 31) % 160)) $(((i * 11 + k * 17) % 160)) "$i"; done; done > "$work/taught.jsonl"
  { for i in $(seq 0 39); do turns "$i"; done; for i in $(seq 160 239); do turns "$i"; done; } > "$work/rows.jsonl"
  for i in $(seq 40 159); do turns "$i"; done > "$work/rest.jsonl"
fi
[ -d "$work/knows/model" ] || attune train --model models/attune-base --data "$work/taught.jsonl" --output "$work/knows" --set method.kind=full --set data.valid_fraction=0 --set eval.rows=0 \
  --set train.learning_rate=0.001 --max-steps "$steps" --batch-tokens 2048 > /dev/null
attune data known --model "$work/knows/model" --data "$work/rows.jsonl" --out "$work/known.jsonl" --shots 2 --prompts 4 --samples 4
echo "== what the tuning on known and unknown facts left of 120 others (exact match before, after; interval)"
for rule in keep drop delay 0.25; do
  for seed in "${seeds[@]}"; do
    run=$work/facts-$rule-$seed
    [ -s "$run.json" ] || attune train --model "$work/knows/model" --data "$work/rows.jsonl" --test "$work/rest.jsonl" --output "$run" --set data.valid_fraction=0 --set data.known="$work/known.jsonl" --set data.unknown="$rule" \
      --set train.epochs=20 --set train.seed="$seed" --rank 32 --learning-rate 0.0008 --batch-tokens 1024 --set eval.metrics='[exact]' --set eval.rows=120 --general none --json > "$run.json"
    awk -v name="$rule, seed $seed" 'match($0, /"before": *[0-9.e-]+/) { b = substr($0, RSTART, RLENGTH) } match($0, /"after": *[0-9.e-]+/) { if (a == "") a = substr($0, RSTART, RLENGTH) } END { print name ": " b ", " a }' <(tr ',' '\n' < "$run.json" | grep -m2 -E '"(before|after)":')
  done
done
