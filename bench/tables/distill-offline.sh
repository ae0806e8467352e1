#!/usr/bin/env bash
# A student that learns from labels, from what its teacher wrote, from the teacher's logits in a file, and from the teacher in memory: the
# table "A teacher that works once" of docs/results.md. The teacher is models/attune-base, tuned by the quick start; about a quarter of an
# hour on two cores for three seeds.
#   bench/tables/distill-offline.sh       SEEDS="1 2 3"   K=16   EPOCHS=4   WORK=runs/distill-offline   BUILD=no: what is there is measured
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=${WORK:-runs/distill-offline} kept=${K:-16} epochs=${EPOCHS:-4}
read -ra seeds <<< "${SEEDS:-1 2 3}"
support=recipes/data/support
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
attune() { dotnet src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll "$@" --quiet; }
timed() { # timed NAME COMMAND…: its seconds go to NAME.seconds; what is there already is not made again
  local start; start=$(date +%s.%N)
  "${@:2}" > "$work/$1.json"
  echo "$(date +%s.%N) $start" | awk '{ printf "%.1f\n", $1 - $2 }' > "$work/$1.seconds"
}

[ -d "$work/teacher/adapter" ] || timed teacher attune train recipes/quickstart.yaml --rank 32 --learning-rate 0.0008 --output "$work/teacher" --json
teacher=(--model models/attune-base --adapter "$work/teacher/adapter")
[ -s "$work/answers.jsonl" ] || timed answers attune distill generate "${teacher[@]}" --data $support/train.jsonl --max-new-tokens 64 --out "$work/answers.jsonl" --json
[ -s "$work/k$kept.logits" ] || timed logits attune distill logits "${teacher[@]}" --data $support/train.jsonl --top-k "$kept" --out "$work/k$kept.logits" --json
[ -s "$work/teacher-said.jsonl" ] || attune eval "${teacher[@]}" --data $support/test.jsonl --rows 240 --general none --answers "$work/teacher-said.jsonl" --json > "$work/teacher-eval.json"

student() { # student ARM SEED DATA [option …]
  local run=$work/$1-$2
  [ -s "$run/report.json" ] || attune train recipes/quickstart.yaml --rank 32 --learning-rate 0.001 --set model=models/attune-student --set data.train="$3" --set train.epochs="$epochs" --set train.seed="$2" --output "$run" "${@:4}" --json > "$run.json"
  [ -s "$run-said.jsonl" ] || attune eval --model models/attune-student --adapter "$run/adapter" --data $support/test.jsonl --rows 240 --general none --answers "$run-said.jsonl" --json > "$run-eval.json"
}
distill=(--set objective.kind=distill --set objective.divergence=forward-kl --set objective.label_weight=0.5)
for seed in "${seeds[@]}"; do
  student labels "$seed" $support/train.jsonl
  student answers "$seed" "$work/answers.jsonl"
  student file "$seed" $support/train.jsonl "${distill[@]}" --set objective.file="$work/k$kept.logits"
  student online "$seed" $support/train.jsonl "${distill[@]}" --set objective.teacher=models/attune-base --set objective.teacher_adapter="$work/teacher/adapter"
done

python3 - "$work" "$kept" "${seeds[@]}" <<'PY'
import json, os, sys, statistics as st
work, kept, seeds = sys.argv[1], sys.argv[2], sys.argv[3:]
load = lambda name: json.load(open(os.path.join(work, name)))
said = lambda name: [json.loads(l)["answer"].split("\n")[0].strip() for l in open(os.path.join(work, name))]
teacher = said("teacher-said.jsonl")
seconds = lambda name: open(os.path.join(work, name + ".seconds")).read().strip()
print(f"rows.jsonl {os.path.getsize(f'{work}/answers.jsonl')} bytes, made in {seconds('answers')} s; k{kept}.logits {os.path.getsize(f'{work}/k{kept}.logits')} bytes, made in {seconds('logits')} s, the rest holds {load('logits.json')['mean_rest']:.4f}")
names, rows = None, []
for arm in ["labels", "answers", "file", "online"]:
    runs = []
    for seed in seeds:
        metrics = {m["name"]: m["after"] for m in load(f"{arm}-{seed}.json")["metrics"]}
        own = said(f"{arm}-{seed}-said.jsonl")
        metrics["first line as the teacher's"] = sum(a == b for a, b in zip(own, teacher)) / len(teacher)
        steps = [json.loads(l) for l in open(f"{work}/{arm}-{seed}/metrics.jsonl")]
        metrics["seconds an epoch"] = sum(s["seconds"] for s in steps if s["kind"] == "step") / max(s["epoch"] for s in steps if s["kind"] == "step")
        runs.append(metrics)
    names = names or list(runs[0])
    rows.append((arm, runs))
print("| |", " | ".join(arm for arm, _ in rows), "|")
print("|---|" + "---:|" * len(rows))
for name in names:
    cells = [[r[name] for r in runs] for _, runs in rows]
    print(f"| {name} |", " | ".join(f"{st.mean(c):.4f} ({min(c):.4f} to {max(c):.4f})" for c in cells), "|")
PY
