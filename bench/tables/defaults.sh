#!/usr/bin/env bash
# What `train` chooses by itself against the best of a search of 20 trials, on three data sets and two seeds: the loss on test rows that neither saw, and the gap in per cent.
# Nothing is said to `train` but the rows. Both arms take the epochs that it chooses, so that they cost the same, whatever the batch; the search sees the validation rows only.
# A Markdown table on standard output. About 45 CPU-minutes on one thread; what exists is kept.
#   bench/tables/defaults.sh    DATA=folder of the public data   SEEDS="1 2"   TRIALS=20   SETS="support banking77 medquad"   THREADS=1   WORK=runs/defaults   BUILD=no: what is there runs
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=$(realpath -m "${WORK:-runs/defaults}") data=$(realpath "${DATA:-../shared/data}") trials=${TRIALS:-20} threads=${THREADS:-1} root=$PWD
read -ra seeds <<< "${SEEDS:-1 2}"; read -ra sets <<< "${SETS:-support banking77 medquad}"
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
attune() { dotnet "$root/src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll" "$@"; }
# Of every ten rows one is for validation and one for the test, up to 200 and 400; of the others so many are trained on.
parts() { awk -v to="$work/$1" -v most="$2" '{ part = ""; if (NR % 10 == 0 && v < 200) { v++; part = "-valid" } else if (NR % 10 == 5 && t < 400) { t++; part = "-test" } else if (++n > most) next; print > (to part ".jsonl") }'; }
[ -s "$work/banking77.jsonl" ] || tail -n +2 "$data/datasets/banking77/train.csv" | tr -d '\r' | jq -Rc 'capture("^\"?(?<text>.*?)\"?,(?<category>[A-Za-z_]+[?]?)$") | {prompt: (.text | gsub("\"\""; "\"") | . + "\n"), completion: .category}' |
  awk '{ print ((NR * 7919) % 10007) "\t" $0 }' | sort -n | cut -f2- | parts banking77 4000
[ -s "$work/medquad.jsonl" ] || jq -c 'select((.answer | length) > 50 and (.answer | length) < 900) | {prompt: (.question + "\n"), completion: (.answer | gsub("\\s+"; " "))}' "$data/datasets/medquad/medquad_train.jsonl" | parts medquad 800
awk 'NR % 2' recipes/data/support/train.jsonl > "$work/support.jsonl"; cp recipes/data/support/valid.jsonl "$work/support-valid.jsonl"; cp recipes/data/support/test.jsonl "$work/support-test.jsonl"
run() { # run OUT COMMAND…: standard output into OUT.json, once
  local out=$1; shift
  [ -s "$out.json" ] && return
  attune "$@" --json > "$out.part" 2> "$out.log" || { tail -3 "$out.log" >&2; exit 1; }
  mv "$out.part" "$out.json"
}
measure() { # measure OUT RECIPE SEED: tunes by a recipe, measured on the test rows
  [ -s "$1.json" ] || rm -rf "$1"
  run "$1" train "$2" --output "$1" --set train.seed="$3"
}
test_loss() { jq '[.metrics[] | select(.name | test("^loss on test"))][0].after' "$1.json"; }
key() { sed -n "s/^  $1: *\([^ ]*\).*/\1/p" "$2" | head -1; }
echo "| data, model | seed | chosen rate, batch, rank | loss on test rows | best of $trials trials: rate, batch, rank, schedule, warm-up | loss on test rows | the default against it |"
echo "|---|---:|---|---:|---|---:|---:|"
for name in "${sets[@]}"; do
  case $name in
    support) model=$root/models/attune-base ;;
    banking77) model=$data/models/tinystories-656K ;;
    medquad) model=$root/models/attune-student ;;
  esac
  cat > "$work/$name.yaml" <<YAML
model: $model
data:
  train: [$work/$name.jsonl]
  valid: [$work/$name-valid.jsonl]
  test: [$work/$name-test.jsonl]
  max_length: 384
train:
  threads: $threads
eval: {metrics: [loss], rows: 0, general: none}
search:
  space:
    train.learning_rate: {from: 1e-4, to: 1e-1, scale: log}
    train.batch_tokens: {from: 512, to: 8192, scale: log}
    method.rank: {choices: [4, 8, 16, 32, 64]}
    train.schedule: {choices: [cosine, linear, constant]}
    train.warmup: {choices: [0, 0.05, 0.2]}
  trials: $trials
  pruner: median
  grace: 3
YAML
  for seed in "${seeds[@]}"; do
    echo "$name, seed $seed" >&2
    out=$work/$name-$seed
    measure "$out-default" "$work/$name.yaml" "$seed"
    run "$out-search" search "$work/$name.yaml" --output "$out-search" --seed "$seed" --set train.seed="$seed"
    best=$(find "$out-search" -maxdepth 1 -name 'best*.yaml' | head -1)
    measure "$out-best" "$best" "$seed"
    d=$(test_loss "$out-default") b=$(test_loss "$out-best")
    awk -v n="$name, $(basename "$model")" -v s="$seed" -v d="$d" -v b="$b" -v dr="$(key learning_rate "$out-default/recipe.yaml"), $(key batch_tokens "$out-default/recipe.yaml"), $(key rank "$out-default/recipe.yaml")" \
      -v br="$(key learning_rate "$out-best/recipe.yaml"), $(key batch_tokens "$out-best/recipe.yaml"), $(key rank "$out-best/recipe.yaml"), $(key schedule "$out-best/recipe.yaml"), $(key warmup "$out-best/recipe.yaml")" \
      'BEGIN { printf "| %s | %s | %s | %.3f | %s | %.3f | %+.1f %% |\n", n, s, dr, d, br, b, 100 * (d / b - 1) }'
  done
done
