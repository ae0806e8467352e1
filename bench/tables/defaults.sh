#!/usr/bin/env bash
# What `train` chooses by itself against the best of a search of 20 trials, on three data sets and one that its rules were not made with (bitext), a search for each of two seeds: the loss on test rows that neither saw, and the gap in per cent.
# Both are then trained with three other seeds (RUNS), and the means compared: the best of 20 runs owes a part of its loss to the luck of its seed, which is no merit of its settings.
# Nothing is said to `train` but the rows. Both arms take the epochs that it chooses, so that they cost the same, whatever the batch; the search sees the validation rows only.
# A Markdown table on standard output. About an hour on one thread; what exists is kept.
#   bench/tables/defaults.sh    DATA=folder of the public data   SEEDS="1 2"   RUNS="11 12 13"   TRIALS=20   SETS="support banking77 medquad bitext"   THREADS=1   WORK=runs/defaults   BUILD=no: what is there runs
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=$(realpath -m "${WORK:-runs/defaults}") data=$(realpath "${DATA:-../shared/data}") trials=${TRIALS:-20} threads=${THREADS:-1} root=$PWD
read -ra seeds <<< "${SEEDS:-1 2}"; read -ra runs <<< "${RUNS:-11 12 13}"; read -ra sets <<< "${SETS:-support banking77 medquad bitext}"
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
attune() { dotnet "$root/src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll" "$@"; }
# Of every ten rows one is for validation and one for the test, up to 200 and 400; of the others so many are trained on.
parts() { awk -v to="$work/$1" -v most="$2" '{ part = ""; if (NR % 10 == 0 && v < 200) { v++; part = "-valid" } else if (NR % 10 == 5 && t < 400) { t++; part = "-test" } else if (++n > most) next; print > (to part ".jsonl") }'; }
[ -s "$work/banking77.jsonl" ] || tail -n +2 "$data/datasets/banking77/train.csv" | tr -d '\r' | jq -Rc 'capture("^\"?(?<text>.*?)\"?,(?<category>[A-Za-z_]+[?]?)$") | {prompt: (.text | gsub("\"\""; "\"") | . + "\n"), completion: .category}' |
  awk '{ print ((NR * 7919) % 10007) "\t" $0 }' | sort -n | cut -f2- | parts banking77 4000
[ -s "$work/medquad.jsonl" ] || jq -c 'select((.answer | length) > 50 and (.answer | length) < 900) | {prompt: (.question + "\n"), completion: (.answer | gsub("\\s+"; " "))}' "$data/datasets/medquad/medquad_train.jsonl" | parts medquad 800
[ -s "$work/bitext.jsonl" ] || tail -n +2 "$data/datasets/bitext-customer-support/Bitext_Sample_Customer_Service_Training_Dataset.csv" | tr -d '\r' | awk -F, 'NF > 4 && !/"/ { printf "%d\t{\"prompt\": \"%s\\n\", \"completion\": \"%s\"}\n", (NR * 7919) % 10007, $1, $2 }' | sort -n | cut -f2- | parts bitext 1500
awk 'NR % 2' recipes/data/support/train.jsonl > "$work/support.jsonl"; cp recipes/data/support/valid.jsonl "$work/support-valid.jsonl"; cp recipes/data/support/test.jsonl "$work/support-test.jsonl"
run() { # run OUT COMMAND…: standard output into OUT.json, once
  local out=$1; shift
  [ -s "$out.json" ] && return
  attune "$@" --json > "$out.part" 2> "$out.log" || { tail -3 "$out.log" >&2; exit 1; }
  mv "$out.part" "$out.json"
}
measure() { # measure OUT RECIPE: tunes by a recipe with every seed of RUNS, measured on the test rows
  for r in "${runs[@]}"; do
    [ -s "$1-$r.json" ] || rm -rf "$1-$r"
    run "$1-$r" train "$2" --output "$1-$r" --set train.seed="$r"
  done
}
test_loss() { for r in "${runs[@]}"; do jq '[.metrics[] | select(.name | test("^loss on test"))][0].after' "$1-$r.json"; done | jq -s 'add / length'; }
key() { sed -n "s/^  $1: *\([^ ]*\).*/\1/p" "$2" | head -1; }
echo "| data, model | search | chosen rate, batch, rank | loss on test rows | best of $trials trials: rate, batch, rank, schedule, warm-up | loss on test rows | the default against it |"
echo "|---|---:|---|---:|---|---:|---:|"
for name in "${sets[@]}"; do
  case $name in
    support) model=$root/models/attune-base ;;
    banking77) model=$data/models/tinystories-656K ;;
    medquad | bitext) model=$root/models/attune-student ;;
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
    run "$out-search" search "$work/$name.yaml" --output "$out-search" --seed "$seed" --set train.seed="$seed"
    measure "$work/$name-default" "$work/$name.yaml"
    measure "$out-best" "$out-search/best.yaml"
    default=$work/$name-default-${runs[0]}/recipe.yaml best=$out-best-${runs[0]}/recipe.yaml
    awk -v n="$name, $(basename "$model")" -v s="$seed" -v d="$(test_loss "$work/$name-default")" -v b="$(test_loss "$out-best")" \
      -v dr="$(key learning_rate "$default"), $(key batch_tokens "$default"), $(key rank "$default")" \
      -v br="$(key learning_rate "$best"), $(key batch_tokens "$best"), $(key rank "$best"), $(key schedule "$best"), $(key warmup "$best")" \
      'BEGIN { printf "| %s | %s | %s | %.3f | %s | %.3f | %+.1f %% |\n", n, s, dr, d, br, b, 100 * (d / b - 1) }'
  done
done
