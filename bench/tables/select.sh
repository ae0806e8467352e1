#!/usr/bin/env bash
# Rows that were selected, beside as many by chance and beside all: label accuracy and loss on test rows, on two real sets, as they are and with the
# answers of three tenths of the rows exchanged among them; with the interval of the mean difference to chance over the seeds (Student). Every arm is
# tuned for as many steps, on the same pool of rows, which the seed draws. Wrong rows: exchanged answers among those that are kept.
#   bench/tables/select.sh    SETS="bitext banking77"   NOISE="0 30"   SEEDS="1 2 3"   KEEP="30% 10%"   BY="less …"   ROWS=800   STEPS=160   THREADS=2   WORK=runs/select   BUILD=no: what is there is measured
# random: over all rows alike; every other arm spreads its budget over the labels; NAME-suspect: without the three tenths that surprise a warmed-up model most.
# What exists is not made again; about four minutes on one core for a set, a noise and a seed.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 LC_ALL=C
work=${WORK:-runs/select} threads=${THREADS:-$(nproc)} pool=${ROWS:-800} steps=${STEPS:-160} model=${MODEL:-models/attune-base}
data=${ATTUNE_DATA:-../shared/data}/datasets attune=src/Attune.Cli/bin/Release/net10.0/Attune.Cli
read -ra sets <<< "${SETS:-bitext banking77}"; read -ra noises <<< "${NOISE:-0 30}"; read -ra seeds <<< "${SEEDS:-1 2 3}"; read -ra keeps <<< "${KEEP:-30% 10%}"
read -ra arms <<< "${BY:-random-label perplexity-low less k-centre-suspect}"
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null

# The first two cells of a CSV file as {prompt, completion}; records of several lines, of which there are a few, are left out.
json_lines() {
  awk 'NR == 1 { next } { odd = gsub(/"/, "\"") % 2 } open || odd { open = open != odd; next } {
    if (substr($0, 1, 1) == "\"") { end = 2; while (1) { at = index(substr($0, end), "\""); end += at; if (substr($0, end, 1) != "\"") break; end++ } text = substr($0, 2, end - 3); rest = substr($0, end + 1) }
    else { at = index($0, ","); text = substr($0, 1, at - 1); rest = substr($0, at + 1) }
    gsub(/""/, "\"", text); gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); gsub(/[\r\t]/, " ", text); sub(/,.*/, "", rest); sub(/\r/, "", rest)
    print "{\"prompt\": \"" text "\", \"completion\": \"" rest "\"}" }' "$1"
}

# Train, valid and test rows of a set: a few hundred of each of the latter two. Of banking77 there is one file, a fifth of which is held back.
prepare() {
  [ ! -f "$work/$1-test.jsonl" ] || return 0
  if [ "$1" = bitext ]; then
    json_lines "$data/bitext-customer-support/Bitext_Sample_Customer_Service_Training_Dataset.csv" > "$work/$1-train.jsonl"
    json_lines "$data/bitext-customer-support/Bitext_Sample_Customer_Service_Validation_Dataset.csv" > "$work/$1-held.jsonl"
  else
    json_lines "$data/banking77/train.csv" | awk -v out="$work/$1" '{print > (out (NR % 5 ? "-train.jsonl" : "-held.jsonl"))}'
  fi
  local part; part=$(($(wc -l < "$work/$1-held.jsonl") / 400 + 3))
  awk -v part="$part" 'NR % part == 0' "$work/$1-held.jsonl" > "$work/$1-valid.jsonl"
  awk -v part="$part" 'NR % part && NR % part < 3' "$work/$1-held.jsonl" > "$work/$1-test.jsonl"
}

# The answers of so many hundredths of the rows go round among them by a third of their number; a fixed generator chooses the rows.
exchange() {
  awk -v share="$1" -v seed="$2" 'BEGIN { r = 7919 * seed + 1 } { row[NR] = $0; r = (r * 16807) % 2147483647; if (r / 2147483647 < share / 100) hit[++n] = NR }
    END { for (i = 1; i <= n; i++) { other = row[hit[(i + int(n / 3) - 1) % n + 1]]; answer[hit[i]] = substr(other, index(other, "\", \"completion\"")) }
      for (i = 1; i <= NR; i++) print i in answer ? substr(row[i], 1, index(row[i], "\", \"completion\"") - 1) answer[i] : row[i] }'
}

tune() {
  [ ! -f "$2/report.md" ] || return 0
  rm -rf "$2"
  "$attune" train --model "$model" --data "$1" --set "data.valid=$work/$3-valid.jsonl" --set "data.test=$work/$3-test.jsonl" --max-steps "$steps" --set train.batch_tokens=512 --rank 32 --seed "$4" --threads "$threads" \
    --set 'eval.metrics=[label, loss]' --set train.eval_every=40 --set train.patience=0 --set eval.rows=400 --set eval.memorisation=0 --general none --output "$2" --quiet > /dev/null
}

select_rows() {
  local by=$1 scores=$1 options=()
  case $1 in
    random) options=(--per none) ;;
    random-label) by=random ;;
    perplexity-*) by=perplexity scores=perplexity; options=(--end "${1#*-}" --warm-up 100%) ;;
    ifd | quality-diversity) options=(--warm-up 50%) ;;
    less) options=(--warm-up 50%) ;;
    *-suspect) by=${1%-suspect}; options=(--suspect 30%) ;;
  esac
  [ -f "$4" ] || "$attune" data select --model "$model" --data "$3/rows.jsonl" --valid "$work/$5-valid.jsonl" --by "$by" --keep "$2" --out "$4" --scores "$3/$scores.scores.jsonl" --seed "$6" --threads "$threads" "${options[@]}" --quiet > /dev/null
}

figures() { awk -F'|' '$2 == " label accuracy " {split($4, a, " "); l = a[1]} $2 == " loss on test rows " {split($4, b, " "); x = b[1]} END {print l, x}' "$1/report.md"; }

for set in "${sets[@]}"; do prepare "$set"; done
for seed in "${seeds[@]}"; do
  for set in "${sets[@]}"; do
    for noise in "${noises[@]}"; do
      cell=$work/$set-$noise-$seed
      mkdir -p "$cell"
      [ -f "$cell/clean.jsonl" ] || "$attune" data select --model "$model" --data "$work/$set-train.jsonl" --valid "$work/$set-valid.jsonl" --by random --per none --keep "$pool" --seed "$seed" --out "$cell/clean.jsonl" --threads "$threads" --quiet > /dev/null
      [ -f "$cell/rows.jsonl" ] || exchange "$noise" "$seed" < "$cell/clean.jsonl" > "$cell/rows.jsonl"
      tune "$cell/rows.jsonl" "$cell/all" "$set" "$seed"
      echo "$set $noise all 100% $seed $(figures "$cell/all") $(grep -vxFcf "$cell/clean.jsonl" "$cell/rows.jsonl" || true) $pool" > "$cell/all.txt"
      for keep in "${keeps[@]}"; do
        for arm in random "${arms[@]}"; do
          name=$arm-${keep%\%}
          select_rows "$arm" "$keep" "$cell" "$cell/$name.jsonl" "$set" "$seed"
          tune "$cell/$name.jsonl" "$cell/$name" "$set" "$seed"
          echo "$set $noise $arm $keep $seed $(figures "$cell/$name") $(grep -vxFcf "$cell/clean.jsonl" "$cell/$name.jsonl" || true) $(wc -l < "$cell/$name.jsonl")" > "$cell/$name.txt"
        done
      done
    done
  done
done

echo "| set | exchanged | rows | kept | label accuracy | beside chance | loss | wrong rows |"
echo "|---|---:|---|---:|---:|---:|---:|---:|"
for set in "${sets[@]}"; do for noise in "${noises[@]}"; do for keep in 100% "${keeps[@]}"; do for arm in all random "${arms[@]}"; do
  for seed in "${seeds[@]}"; do
    name=$([ "$arm" = all ] && echo all || echo "$arm-${keep%\%}")
    { [ "$arm" = all ] && [ "$keep" = 100% ]; } || { [ "$arm" != all ] && [ "$keep" != 100% ]; } || continue
    echo "$(cat "$work/$set-$noise-$seed/$name.txt") $([ "$keep" = 100% ] && echo "- -" || awk '{print $6, $7}' "$work/$set-$noise-$seed/random-${keep%\%}.txt")"
  done
done; done; done; done | awk '
  function row() { if (n == 0) return
    d = ""; if (paired > 0 && by != "random") { m = sum / n; s = 0; for (i = 1; i <= n; i++) s += (diff[i] - m) ^ 2; half = n > 1 ? t[n - 1] * sqrt(s / (n - 1) / n) : 0; d = n > 1 ? sprintf("%+.1f (%+.1f to %+.1f)", m, m - half, m + half) : sprintf("%+.1f", m) }
    printf "| %s | %s %% | %s | %s | %.1f %% | %s | %.3f | %.1f %% |\n", set, noise, by, keep, label / n, d, loss / n, 100 * wrong / rows }
  BEGIN { split("12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262", t, " ") }
  { now = $1 " " $2 " " $3 " " $4; if (now != last) { row(); n = paired = sum = label = loss = wrong = rows = 0; last = now; set = $1; noise = $2; by = $3; keep = $4 }
    n++; label += $6; loss += $7; wrong += $8; rows += $9; if ($10 != "-") { paired++; diff[n] = $6 - $10; sum += diff[n] } }
  END { row() }'
