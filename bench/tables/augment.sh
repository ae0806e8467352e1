#!/usr/bin/env bash
# What made rows give where rows are few: the table "More rows of few" of docs/results.md. models/attune-base is tuned with LoRA on ROWS rows alone
# and with rows that were made of them, for the same number of optimizer steps, on the support task that comes with Attune and on ten intents of
# banking77 (real messages). Every seed draws other rows and other weights to begin with; differences are paired by seed, with the 95 % interval of their mean
# (t of the seeds). The rows of the last arm had to agree with a teacher: attune-base tuned by the quick start on all 2,400 rows of the support task.
#   bench/tables/augment.sh       SEEDS="1 2 3 4 5 6 7 8"   ROWS=100   STEPS=150   TIMES=4   THREADS=auto   DATA=folder of the public data sets   WORK=runs/augment   BUILD=no: what is there is measured
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=${WORK:-runs/augment} rows=${ROWS:-100} steps=${STEPS:-150} times=${TIMES:-4} threads=${THREADS:-auto} data=${DATA:-../shared/data/datasets}
read -ra seeds <<< "${SEEDS:-1 2 3 4 5 6 7 8}"
support=recipes/data/support
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
attune() { dotnet src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll "$@" --quiet --json; }

# A pseudo-random order of lines that every awk gives alike.
mixed() { awk -v s="$1" '{ printf "%d\t%s\n", (NR * 7919 + s * 104729 + NR * NR * (s + 17)) % 1000003, $0 }' | sort -n -s -k1,1 | cut -f2-; }

# The ten intents of banking77 that come first, one row a line, without those of several lines: training, validation and test rows apart.
tasks=(support)
if [ -s "$data/banking77/train.csv" ]; then
  tasks+=(banking77)
  tail -n +2 "$data/banking77/train.csv" | tr -d '\r' | awk -F, 'NF > 1 && $NF ~ /^[A-Za-z_?]+$/ && gsub(/"/, "&") % 2 == 0 { print $NF }' | sort -u | sed -n '1,10p' > "$work/intents"
  awk -F, 'NR == FNR { of[$1]; next } FNR > 1 && NF > 1 && gsub(/"/, "&") % 2 == 0 && $NF in of' "$work/intents" <(tr -d '\r' < "$data/banking77/train.csv") | mixed 99 > "$work/banking77"
  for part in test valid pool; do
    { echo "text,category"; case $part in test) head -240 "$work/banking77" ;; valid) sed -n '241,340p' "$work/banking77" ;; pool) tail -n +341 "$work/banking77" ;; esac; } > "$work/banking77-$part.csv"
  done
fi

files() { # files TASK SEED: the rows of a seed, as $train, with what belongs to the task in $flags and its metric in $metric
  train=$work/$1-rows-$rows-$2 flags=()
  if [ "$1" = support ]; then
    train+=.jsonl; metric='label:intent: ([a-z_]+)'; flags=(--valid $support/valid.jsonl --test $support/test.jsonl)
    mixed "$2" < $support/train.jsonl | sed -n "1,${rows}p" > "$train"
  else
    train+=.csv; metric=label; flags=(--columns 'prompt={text}\n' completion=category --valid "$work/banking77-valid.csv" --test "$work/banking77-test.csv")
    { echo "text,category"; tail -n +2 "$work/banking77-pool.csv" | mixed "$2" | sed -n "1,${rows}p"; } > "$train"
  fi
}

run() { # run TASK ARM SEED
  local task=$1 arm=$2 seed=$3 train flags metric out by=() columns=()
  out=$work/$task-$rows-$steps-$arm-$seed
  [ -s "$out/report.json" ] && return
  files "$task" "$seed"
  [ "$task" = support ] || columns=(--columns 'prompt={text}\n' completion=category)
  case $arm in
    rules) by=(--by values,numbers,names,synonyms,typos) ;;
    eda) by=(--by synonyms,swaps,deletions) ;;
    checked) by=(--by synonyms,swaps,deletions --model models/attune-base --adapter "$work/teacher/adapter" --check "$metric" --max-new-tokens 12 --threads "$([ "$threads" = auto ] && nproc || echo "$threads")") ;;
  esac
  local more=()
  if [ "$arm" != alone ]; then
    attune data augment --data "$train" "${columns[@]}" "${by[@]}" --times "$times" --seed "$seed" --out "$out.jsonl" > "$out.made.json"
    more=("$out.jsonl")
  fi
  attune train --model models/attune-base --data "$train" "${more[@]}" "${flags[@]}" --set method.kind=lora --rank 32 --epochs 1000 --max-steps "$steps" --batch-tokens 1024 --patience 0 --seed "$seed" \
    --set eval.metrics="[$metric, first-line, loss]" --set eval.rows=240 --general none --threads "$threads" --output "$out" > /dev/null
}

[ -s "$work/teacher/report.json" ] || attune train recipes/quickstart.yaml --rank 32 --threads "$threads" --output "$work/teacher" > /dev/null
for task in "${tasks[@]}"; do
  arms=(alone rules eda); [ "$task" = support ] && arms+=(checked)
  for seed in "${seeds[@]}"; do for arm in "${arms[@]}"; do run "$task" "$arm" "$seed"; done; done
  echo "| $task, $rows rows, $steps steps, ${#seeds[@]} seeds | made rows | right label | against alone (points) | first line right | against alone (points) | loss on test rows | against alone |"
  echo "|---|---:|---:|---:|---:|---:|---:|---:|"
  for arm in "${arms[@]}"; do
    reports=() alone=() made=0
    for seed in "${seeds[@]}"; do
      reports+=("$work/$task-$rows-$steps-$arm-$seed/report.json"); alone+=("$work/$task-$rows-$steps-alone-$seed/report.json")
      [ "$arm" = alone ] || made=$(jq -r .made "$work/$task-$rows-$steps-$arm-$seed.made.json")
    done
    jq -rs --arg arm "$arm" --arg made "$made" --argjson n "${#seeds[@]}" '
      # t of 0.975 with n - 1 degrees of freedom.
      def t: {"2": 12.706, "3": 4.303, "4": 3.182, "5": 2.776, "6": 2.571, "7": 2.447, "8": 2.365, "9": 2.306, "10": 2.262}["\($n)"] // 2.2;
      def mean: add / length;
      def round2: . * 100 | round / 100;
      def metric(n): .metrics[] | select(.name | startswith(n)) | .after;
      def of(n): [.[:$n][] | metric(n)];
      def against(n; scale): ([range($n) as $i | (.[$i] | metric(n)) - (.[$i + $n] | metric(n))] | map(. * scale)) as $d | ($d | mean) as $m
        | if $arm == "alone" then "" elif $n < 2 then "\($m | round2)" else (([$d[] | (. - $m) * (. - $m)] | add / ($n - 1) | sqrt) * t / ($n | sqrt)) as $h | "\($m | round2) (\($m - $h | round2) to \($m + $h | round2))" end;
      "| \($arm) | \($made) | \(of("label accuracy") | mean * 100 | round2) % | \(against("label accuracy"; 100)) | \(of("first line right") | mean * 100 | round2) % | \(against("first line right"; 100)) | \(of("loss on test rows") | mean | round2) | \(against("loss on test rows"; 1)) |"' "${reports[@]}" "${alone[@]}"
  done
done
