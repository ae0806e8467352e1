#!/usr/bin/env bash
# The promise "up to 4 B": random checkpoints in the shapes of Llama-3.2-1B and of a decoder of 3.8 B (sharded BF16 files, written row by row),
# the base quantised to NF4 while it is loaded, two LoRA steps of 256 tokens, a stop after the first and its resumption. One JSON line a shape.
#   bench/large.sh [llama-3.2-1b | llama-3.8b]…     WORK=runs/large (2.5 and 7.7 GB there, deleted afterwards)   THREADS=2   BUILD=no
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=${WORK:-runs/large} threads=${THREADS:-2}
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli bench/Attune.Bench > /dev/null
mkdir -p "$work"
trap 'rm -rf "$work"/*-BF16 "$work"/*-run' EXIT
attune=src/Attune.Cli/bin/Release/net10.0/Attune.Cli

large() { # large SHAPE GIGABYTES
  local model=$work/$1-BF16 run=$work/$1-run free
  free=$(df -P --block-size=1G "$work" | awk 'NR == 2 {print $4}')
  [ "$free" -gt $(($2 + 4)) ] || { echo "$1 needs $(($2 + 4)) GB of disk, $free are free" >&2; return 1; }
  dotnet bench/Attune.Bench/bin/Release/net10.0/Attune.Bench.dll make --shape "$1" --models "$work"
  cp models/attune-base/{tokenizer.json,tokenizer_config.json,chat_template.jinja} "$model"/
  head -24 recipes/data/support/train.jsonl > "$work/train.jsonl"
  head -2 recipes/data/support/test.jsonl > "$work/test.jsonl"
  rm -rf "$run"
  "$attune" train --model "$model" --data "$work/train.jsonl" --set data.test="$work/test.jsonl" --set data.valid_fraction=0 --base nf4 --rank 16 \
    --max-steps 2 --save-every 1 --batch-tokens 256 --micro-batch-tokens 256 --eval-rows 0 --metrics loss --general none --threads "$threads" --output "$run" --json > "$work/$1.first.json" 2> "$work/$1.log" &
  local pid=$!
  # Killed once the first step is saved.
  while kill -0 $pid 2> /dev/null && [ ! -f "$run/checkpoints/step-0000001.safetensors" ]; do sleep 0.2; done
  kill -KILL $pid 2> /dev/null || true
  wait $pid 2> /dev/null || true
  "$attune" train --resume "$run" --threads "$threads" --json > "$work/$1.json" 2> "$work/$1.resume.log"
  awk -v shape="$1" -v quantised="$(grep -o 'quantised in [0-9.]*' "$work/$1.resume.log" | grep -o '[0-9.]*$')" '
    /"planned"/ {gsub(/[^0-9]/, ""); planned = $0} /"peak"/ {gsub(/[^0-9]/, ""); peak = $0}
    END {printf "{\"shape\": \"%s\", \"base\": \"nf4\", \"quantised_s\": %s, \"planned_mb\": %.0f, \"peak_rss_mb\": %.0f", shape, quantised, planned / 1048576, peak / 1048576}' "$work/$1.json"
  awk -F'"seconds":' '/"seconds":/ {split($2, s, /[,}]/); printf "%s%s", n++ ? ", " : ", \"step_s\": [", s[1]} END {print n ? "]}" : "}"}' "$run/metrics.jsonl"
}

[ $# -gt 0 ] || set -- llama-3.2-1b llama-3.8b
for shape in "$@"; do
  case $shape in
    llama-3.2-1b) large "$shape" 3 ;;
    llama-3.8b) large "$shape" 8 ;;
    *) echo "$shape: there are llama-3.2-1b and llama-3.8b" >&2; exit 2 ;;
  esac
done
