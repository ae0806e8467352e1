#!/usr/bin/env bash
# Does the learning curve of 12, 25 and 50 % of the rows foretell the runs on all of them? Two real sets, three seeds, test rows that no run saw; a Markdown table on
# standard output. About half an hour on one thread; runs that exist are kept.
#   bench/tables/enough.sh      DATA=folder of the public data   SEEDS="1 2 3"   THREADS=1   WORK=runs/enough   BUILD=no: what is there runs
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
work=${WORK:-runs/enough} data=${DATA:-../shared/data} threads=${THREADS:-1}
read -ra seeds <<< "${SEEDS:-1 2 3}"
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
attune() { dotnet src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll "$@"; }
# Of every ten rows one is for validation and one for the test, up to 200 and 400.
parts() { # parts NAME: rows on standard input
  awk -v to="$work/$1" '{ part = ""; if (NR % 10 == 0 && v < 200) { v++; part = "-valid" } else if (NR % 10 == 5 && t < 400) { t++; part = "-test" } print > (to part ".jsonl") }'
}
[ -s "$work/banking77.jsonl" ] || tail -n +2 "$data/datasets/banking77/train.csv" | tr -d '\r' | jq -Rc 'capture("^\"?(?<text>.*?)\"?,(?<category>[^,]+)$") | {prompt: (.text | gsub("\"\""; "\"") | . + "\n"), completion: .category}' |
  awk '{ print ((NR * 7919) % 10007) "\t" $0 }' | sort -n | cut -f2- | awk 'NR <= 4600' | parts banking77
[ -s "$work/medquad.jsonl" ] || jq -c 'select((.answer | length) > 50 and (.answer | length) < 900) | {prompt: (.question + "\n"), completion: (.answer | gsub("\\s+"; " "))}' "$data/datasets/medquad/medquad_train.jsonl" | parts medquad
study() { # study NAME MODEL key=value…
  local name=$1 model=$2; shift 2
  local a=(data enough --model "$model" --data "$work/$name.jsonl" --valid "$work/$name-valid.jsonl" --test "$work/$name-test.jsonl" --output "$work/$name" --seeds "${seeds[@]}" --threads "$threads" --metrics loss token-accuracy --eval-rows 0 --json)
  local s; for s in "$@"; do a+=(--set "$s"); done
  echo "$name" >&2
  attune "${a[@]}" > "$work/$name.json" 2> "$work/$name.log" || { tail -3 "$work/$name.log" >&2; exit 1; }
}
study banking77 "$data/models/tinystories-656K"
study medquad models/attune-student data.max_length=384
echo "| data | error | 12 % | 25 % | 50 % | all rows, foretold by those | measured | within | a | c | all rows → twice as many | verdict |"
echo "|---|---|---:|---:|---:|---|---:|---|---|---|---|---|"
for name in banking77 medquad; do
  jq -r --arg name "$name" '
    def fixed: (. * 1000 | round) / 1000;
    def span: "\(.value | fixed) [\(.low | fixed), \(.high | fixed)]";
    . as $all | .curves[] as $c
    | def at(p): [$all.runs[] | select(.part == p) | .metrics[] | select(.name == $c.metric) | if (.unit | ascii_downcase) == "fraction" then 1 - .value else .value end] | add / length | fixed;
    [ $name, (if $c.error == "the metric" then $c.metric else "1 − " + $c.metric end), at(0.12), at(0.25), at(0.5), ($c.foretold_by_smaller_parts | span), ($c.measured | fixed), (if $c.within then "yes" else "no" end),
      ($c.a | span), ($c.c | span), "\($c.error_now.value | fixed) → \($c.error_doubled | span)", $c.verdict ]
    | "| " + (map(tostring) | join(" | ")) + " |"' "$work/$name.json"
done
