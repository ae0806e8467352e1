#!/usr/bin/env bash
# Runs whole training steps of Attune and of its peers in turn, on this machine, with nothing else running, and appends every
# figure to bench/ledger.csv. A claim is a ratio of two rows of one run.
#   bench/run.sh                   Attune and, where PEERS names their run.sh, PyTorch beside it
#   PEERS=../shared/peers/run.sh bench/run.sh
set -euo pipefail
cd "$(dirname "$0")/.."
steps=${STEPS:-5}
run=$(date -u +%Y-%m-%dT%H:%MZ)
commit=$(git rev-parse --short HEAD)
machine=$(awk -F: '/model name/ {gsub(/^ +/, "", $2); print $2; exit}' /proc/cpuinfo 2>/dev/null || uname -m)
ledger=bench/ledger.csv
[ -s "$ledger" ] || echo "run,commit,machine,cores,case,tool,tokens_per_s,gflops,peak_rss_mb,planned_mb" > "$ledger"

dotnet build -c Release -v quiet bench/Attune.Bench >/dev/null

field() { sed -n "s/.*\"$1\": \([-0-9.e+]*\).*/\1/p" <<< "$2"; }
record() { # record CASE TOOL JSON
  local line=$3
  echo "$1 | $2 | $line"
  echo "$run,$commit,$machine,$(nproc),$1,$2,$(field tokens_per_s "$line"),$(field gflops "$line"),$(field peak_rss_mb "$line"),$(field planned_mb "$line")" >> "$ledger"
}
attune() { # attune CASE SHAPE MODE BATCH SEQ [WEIGHTS]
  record "$1" "attune $6 weights" "$(dotnet bench/Attune.Bench/bin/Release/net10.0/Attune.Bench.dll --shape "$2" --mode "$3" --batch "$4" --seq "$5" --steps "$steps" --weights "$6")"
}
torch() { # torch CASE SHAPE MODE BATCH SEQ DTYPE
  [ -n "${PEERS:-}" ] || return 0
  record "$1" "pytorch $6" "$(bash "$PEERS" torch_lora.py --pin --shape "$2" --mode "$3" --batch "$4" --seq "$5" --steps "$steps" --dtype "$6" | tail -1)"
}

for dtype in fp32 bf16; do
  torch "W1 LoRA 4x512" smollm2-135m lora 4 512 $dtype
done
attune "W1 LoRA 4x512" smollm2-135m lora 4 512 F32
attune "W1 LoRA 4x512" smollm2-135m lora 4 512 BF16
for dtype in fp32 bf16; do
  torch "W1 full 4x512" smollm2-135m full 4 512 $dtype
done
attune "W1 full 4x512" smollm2-135m full 4 512 F32
for dtype in fp32 bf16; do
  torch "W3 full 8x256" tiny15m full 8 256 $dtype
done
attune "W3 full 8x256" tiny15m full 8 256 F32
attune "W3 LoRA 8x256" tiny15m lora 8 256 F32
torch "W3 LoRA 8x256" tiny15m lora 8 256 fp32
