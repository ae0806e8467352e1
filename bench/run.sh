#!/usr/bin/env bash
# Runs Attune and its peers in turn, on this machine, with nothing else running; appends every figure to bench/ledger.csv and prints
# a table of ratios. A claim is a ratio of two rows of one run.
#   bench/run.sh [section …]      w1 w1full w2 w3 instruct decode start; all of them without arguments (about 25 minutes)
# What is compared with is optional; without it there are only Attune's rows.
#   PEERS=…/run.sh                PyTorch: the script that runs one of the peers' programs (torch_lora.py)
#   PEERS_ROOT=FOLDER             the root that they run in, for the section instruct
#   LLAMA=FOLDER                  llama.cpp: a folder where `npm install node-llama-cpp` was done
#   ATTUNE_DATA=FOLDER            datasets/{banking77,medquad,gsm8k} and tokenizers/phi-3-mini, for the section instruct
#   STEPS=5                       steps timed where all are alike; the median counts
#   DATA_STEPS=200 DATA_SECONDS=30  most steps, and most seconds, of instruction data, whose steps differ: their sum counts
#   TORCH_BF16_ATTENTION=eager    PyTorch's attention in BF16: eager or, where that is the faster one, sdpa
#   TORCH_BF16_PADDED=eager TORCH_BF16_PACKED=fused-f32   the same for instruct: fused, fused-f32 or eager
#   REPEATS=3                     of decoding and of starts
#   BUILD=no                      what is there is measured as it is
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
steps=${STEPS:-5} data_steps=${DATA_STEPS:-200} data_seconds=${DATA_SECONDS:-30} repeats=${REPEATS:-3}
sections=("$@")
[ $# -gt 0 ] || sections=(w1 w1full w2 w3 instruct decode start)
run=$(date -u +%Y-%m-%dT%H:%MZ)
commit=$(git rev-parse --short HEAD)
machine=$(awk -F: '/model name/ {gsub(/^ +/, "", $2); print $2; exit}' /proc/cpuinfo 2>/dev/null || uname -m)
ledger=bench/ledger.csv
work=${TMPDIR:-/tmp}/attune-bench
now=$work/now.csv
mkdir -p "$work"
: > "$now"
[ -s "$ledger" ] || echo "run,commit,machine,cores,case,tool,tokens_per_s,gflops,peak_rss_mb,planned_mb" > "$ledger"

if [ "${BUILD:-yes}" = yes ]; then
  dotnet build -c Release -v quiet bench/Attune.Bench >/dev/null
  dotnet build -c Release -v quiet src/Attune.Cli >/dev/null
fi
bench=bench/Attune.Bench/bin/Release/net10.0/Attune.Bench.dll
cli=src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll

field() { sed -n "s/.*\"$1\": \{0,1\}\([-0-9.e+]*\).*/\1/p" <<< "$2"; }
record() { # record CASE TOOL JSON [SPEED]: one row; SPEED names the field that is the speed
  local speed; speed=$(field "${4:-tokens_per_s}" "$3")
  if [ -z "$speed" ]; then
    echo "$1 | $2 | no result" >&2
    return 0
  fi
  echo "$1 | $2 | $speed a second, $(field peak_rss_mb "$3") MB"
  echo "$run,$commit,$machine,$(nproc),$1,$2,$speed,$(field gflops "$3"),$(field peak_rss_mb "$3"),$(field planned_mb "$3")" | tee -a "$ledger" >> "$now"
}
last() { tail -1 || true; }
has_bf16() { grep -q avx512_bf16 /proc/cpuinfo 2>/dev/null; }

attune() { # attune CASE TOOL SHAPE MODE BATCH SEQ [option value …]
  local case=$1 tool=$2 shape=$3 mode=$4 batch=$5 seq=$6
  shift 6
  record "$case" "attune $tool" "$(dotnet "$bench" --shape "$shape" --mode "$mode" --batch "$batch" --seq "$seq" --steps "$steps" "$@" | last)"
}
bf16() { if has_bf16; then attune "$@" --compute BF16; fi; }
# PyTorch's fused attention in BF16 runs at a tenth of its two products and a softmax on some processors (Zen 5), and ahead of them in
# F32: each is asked for where it is the faster one.
attention() { # attention DTYPE LAYOUT
  case $1,$2 in
    fp32,whole) echo sdpa ;;
    fp32,*) echo fused ;;
    *,whole) echo "${TORCH_BF16_ATTENTION:-eager}" ;;
    *,padded) echo "${TORCH_BF16_PADDED:-eager}" ;;
    *,packed) echo "${TORCH_BF16_PACKED:-fused-f32}" ;;
  esac
}
torch() { # torch CASE SHAPE MODE BATCH SEQ DTYPE…: each DTYPE a row
  [ -n "${PEERS:-}" ] || return 0
  local case=$1 shape=$2 mode=$3 batch=$4 seq=$5 dtype
  shift 5
  for dtype; do
    record "$case" "pytorch $dtype" "$(bash "$PEERS" torch_lora.py --pin --shape "$shape" --mode "$mode" --batch "$batch" --seq "$seq" --steps "$steps" --dtype "$dtype" --attn "$(attention "$dtype" whole)" | last)"
  done
}

w1() {
  local case="W1 LoRA 4x512"
  torch "$case" smollm2-135m lora 4 512 fp32 bf16 bf16w
  attune "$case" "f32" smollm2-135m lora 4 512 --compute F32
  attune "$case" "f32 passes-1024" smollm2-135m lora 4 512 --compute F32 --rows 1024
  bf16 "$case" "bf16" smollm2-135m lora 4 512
  bf16 "$case" "bf16 saved-bf16" smollm2-135m lora 4 512 --saved BF16
  attune "$case" "f32 base-bf16" smollm2-135m lora 4 512 --compute F32 --weights BF16
  bf16 "$case" "bf16 base-bf16 saved-bf16" smollm2-135m lora 4 512 --weights BF16 --saved BF16
}

w1full() {
  local case="W1 full 4x512"
  torch "$case" smollm2-135m full 4 512 fp32 bf16
  attune "$case" "f32" smollm2-135m full 4 512 --compute F32
  bf16 "$case" "bf16" smollm2-135m full 4 512
  bf16 "$case" "bf16 saved-bf16" smollm2-135m full 4 512 --saved BF16
  bf16 "$case" "bf16 saved-bf16 passes-512" smollm2-135m full 4 512 --saved BF16 --rows 512
}

w2() {
  local case="W2 LoRA 1x512"
  torch "$case" qwen2.5-0.5b lora 1 512 fp32 bf16w
  attune "$case" "f32" qwen2.5-0.5b lora 1 512 --compute F32
  attune "$case" "f32 base-bf16" qwen2.5-0.5b lora 1 512 --compute F32 --weights BF16
  bf16 "$case" "bf16 base-bf16" qwen2.5-0.5b lora 1 512 --weights BF16
  bf16 "$case" "bf16 base-bf16 saved-bf16" qwen2.5-0.5b lora 1 512 --weights BF16 --saved BF16
}

w3() {
  local case="W3 full 8x256"
  torch "$case" tiny15m full 8 256 fp32 bf16
  attune "$case" "f32" tiny15m full 8 256 --compute F32
  bf16 "$case" "bf16" tiny15m full 8 256
  bf16 "$case" "bf16 saved-bf16" tiny15m full 8 256 --saved BF16
}

# The same rows for both, as Attune tokenizes them: padded batches of 8, and packed at Attune's budget of tokens a step.
instruct() {
  local data=${ATTUNE_DATA:-../shared/data}
  [ -d "$data/datasets" ] || { echo "instruct: no data sets in $data (ATTUNE_DATA)" >&2; return 0; }
  rows banking77 "$data/datasets/banking77/train.csv" 'prompt={text}\n;completion={category}'
  rows medquad "$data/datasets/medquad/medquad_train.jsonl" 'prompt={question}\n;completion={answer}'
  rows gsm8k "$data/datasets/gsm8k/train.jsonl" 'prompt={question}\n;completion={answer}'
}
rows() { # rows NAME FILE COLUMNS
  local case="instruct $1" layout compute given=(--data "$2" --tokenizer "$data/tokenizers/phi-3-mini" --columns "$3" --most 512)
  if [ -n "${PEERS:-}" ]; then
    # Peers see their own root only: what they read is copied there, beside their scripts.
    local inside=${PEERS_ROOT:?the root that PEERS runs in}/attune-bench
    mkdir -p "$inside"
    cp bench/peers/torch_instruct.py "$inside/"
    dotnet "$bench" rows "${given[@]}" --export "$inside/$1.jsonl"
    for layout in padded packed; do
      for compute in ${DATA_DTYPES:-bf16w}; do
        record "$case" "pytorch $compute $layout" "$(bash "$PEERS" ../attune-bench/torch_instruct.py --rows "/attune-bench/$1.jsonl" \
          --layout $layout --dtype "$compute" --kernel "$(attention "$compute" $layout)" --steps "$data_steps" --max-seconds "$data_seconds" | last)"
      done
    done
  fi
  for compute in f32 bf16; do
    [ $compute = f32 ] || has_bf16 || continue
    record "$case" "attune $compute" "$(dotnet "$bench" rows "${given[@]}" --compute $compute --steps "$data_steps" --max-seconds "$data_seconds" | last)"
  done
}

# One GGUF file a format, of W1's shape with random weights and the tokenizer of Attune's own base, read by both.
decode() {
  local model=$work/w1-decode format compute json
  if [ ! -s "$model/model.safetensors" ]; then
    dotnet "$bench" --shape smollm2-135m --mode lora --batch 1 --seq 16 --steps 1 --compute F32 --models "$work" >/dev/null
    mkdir -p "$model"
    cp models/attune-base/{tokenizer.json,tokenizer_config.json,chat_template.jinja} "$model/"
    cp "$work"/smollm2-135m-F32/{config.json,model.safetensors} "$model/"
  fi
  for format in f32 bf16 q8_0 q4_0; do
    [ -s "$model/w1-$format.gguf" ] ||
      # Random weights are no model to compare: whether the rounded one says the same does not matter here.
      dotnet "$cli" export --model "$model" --format "gguf:$format" --out "$model/w1-$format.gguf" --quiet >/dev/null || [ -s "$model/w1-$format.gguf" ]
    if [ -n "${LLAMA:-}" ]; then
      json=$(cd "$LLAMA" && node "$OLDPWD/bench/peers/llama.mjs" "$model/w1-$format.gguf" --repeats "$repeats" --threads "$(nproc)" | last)
      record "decode $format" "llama.cpp" "$json" decode_tok_s
      record "prefill 512 $format" "llama.cpp" "$json" prefill_tok_s
    fi
    for compute in f32 bf16; do
      # Products in BF16 are no fair answer to weights in F32.
      [ $compute = f32 ] || { has_bf16 && [ $format != f32 ]; } || continue
      json=$(dotnet "$bench" decode --model "$model/w1-$format.gguf" --compute $compute --repeats "$repeats" | last)
      record "decode $format" "attune $compute" "$json" decode_tok_s
      record "prefill 512 $format" "attune $compute" "$json" prefill_tok_s
    done
  done
}

. bench/start.sh
. bench/ratios.sh

for section in "${sections[@]}"; do
  case $section in
    w1 | w1full | w2 | w3 | instruct | decode | start) echo "== $section"; "$section" || echo "$section ended early" >&2 ;;
    *) echo "no section $section; there are w1 w1full w2 w3 instruct decode start" >&2; exit 2 ;;
  esac
done
ratios
