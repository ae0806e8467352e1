#!/bin/sh
# The table of remedies in docs/overfitting.md: a case that overfits on purpose (160 rows, thirty epochs, the last weights kept), and each
# remedy alone beside it. About ten minutes on two cores. Needs general text to replay, one file; what is forgotten is measured on the text
# that comes with Attune.
#   bench/tables/overfitting.sh wikitext-2/valid.txt [folder for the runs]
set -eu
text=$(realpath "${1:?"give a file of general text"}")
out=${2:-runs/overfitting}
cd "$(dirname "$0")/../.."
attune="dotnet run -c Release --no-build --project src/Attune.Cli --"
mkdir -p "$out"
head -n 160 recipes/data/support/train.jsonl > "$out/train.jsonl"
# Of a corpus as much as is read: twenty thousand words.
head -c 120000 "$text" > "$out/replay.txt"

run() {
  name=$1
  shift
  [ -d "$out/$name" ] || $attune train --model models/attune-base --data "$out/train.jsonl" --valid recipes/data/support/valid.jsonl --test recipes/data/support/test.jsonl \
    --metrics 'label:intent: ([a-z_]+)' loss --eval-rows 120 --memorisation 64 --epochs 30 --batch-tokens 2048 --rank 32 --learning-rate 0.0008 --seed 1 \
    --output "$out/$name" --quiet --json "$@" > "$out/$name.json"
  row "$name" "$*"
}

# Of report.json, whose properties stand one a line: label accuracy, loss on test rows and on general text, verbatim rows.
row() {
  awk -v name="$1" -v flags="$2" '
    function value(line) { sub(/^[^:]*: /, "", line); sub(/,$/, "", line); gsub(/"/, "", line); return line }
    /^ *"name": "label accuracy/ { metric = "label" }
    /^ *"name": "loss on test/ { metric = "loss" }
    /^ *"name": "loss on general/ { metric = "general" }
    /^ *"name": "macro/ { metric = "" }
    /^ *"before":/ && metric && !(metric in before) { before[metric] = value($0) }
    /^ *"after":/ && metric && !(metric in after) { after[metric] = value($0) }
    /^ *"(rows|verbatim|unseen_rows|unseen_verbatim)":/ { split($0, part, "\""); count[part[2]] = value($0) }
    END {
      printf "| %s | `%s` | %.1f %% | %.3f | %+.3f | %d of %d | %d of %d |\n", name, flags, 100 * after["label"], after["loss"],
        after["general"] - before["general"], count["verbatim"], count["rows"], count["unseen_verbatim"], count["unseen_rows"]
    }' "$out/$1/report.json"
}

echo '| remedy | keys | label accuracy | loss on test rows | loss on general text | verbatim, training rows | verbatim, unseen rows |'
echo '|---|---|---:|---:|---:|---:|---:|'
# A run to the end, and its last weights.
end='--patience 0 --keep-best false'
# shellcheck disable=SC2086 # several words
run none $end
run early-stopping --patience 3 --keep-best true
run dropout --dropout 0.3 $end
run weight-decay --weight-decay 1 $end
run neftune --neftune 5 $end
run label-smoothing --label-smoothing 0.1 $end
run replay --replay "$out/replay.txt" --replay-fraction 0.3 $end
run all --patience 3 --keep-best true --dropout 0.3 --neftune 5 --replay "$out/replay.txt" --replay-fraction 0.3
echo
[ -d "$out/none/blended" ] || $attune blend "$out/none" --at 0.25 0.5 0.75 --keep 0.9 --quiet > /dev/null
cat "$out/none/blend.md"
