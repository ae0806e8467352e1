#!/bin/bash
# Compares the methods of tuning on the quick start's task: trained weights, memory, time, gain, forgetting; means over seeds and their spread.
# A Markdown table on standard output, from the runs' own reports. Every run is a process of its own, so that its peak memory is its own.
#   dotnet build -c Release && bench/tables/methods.sh > table.md
# STEPS (all of four epochs), SEEDS ("1 2 3"), ROWS (240 test rows), METHODS (names below), OUT (a folder that keeps the runs) may be set.
set -eu
cd "$(dirname "$0")/../.."
attune() { dotnet run -c Release --no-build --project src/Attune.Cli -- "$@"; }
out=${OUT:-$(mktemp -d)}; seeds=${SEEDS:-1 2 3}; rows=${ROWS:-240}; steps=${STEPS:-}
declare -A settings=(
  [full]="method.kind=full"
  [last-2]="method.kind=full method.last_layers=2"
  [lora]="method.kind=lora"
  [rslora]="method.scale=root-rank"
  [lora+]="method.lora_plus=16"
  [dora]="method.kind=dora"
  [pissa]="method.init=pissa"
  [ia3]="method.kind=ia3"
  [norms]="method.kind=norms"
)
mkdir -p "$out"
names=${METHODS:-full last-2 lora rslora lora+ dora pissa ia3 norms}
for name in $names; do
  for seed in $seeds; do
    run=$out/$name-$seed
    [ -e "$run/result.json" ] && continue
    set -- train recipes/quickstart.yaml --output "$run" --set train.seed="$seed" --set eval.rows="$rows" --json
    for s in ${settings[$name]}; do set -- "$@" --set "$s"; done
    [ -n "$steps" ] && set -- "$@" --set train.max_steps="$steps"
    echo "$name, seed $seed" >&2
    attune "$@" > "$out/$name-$seed.json" 2> "$out/$name-$seed.log" || { tail -3 "$out/$name-$seed.log" >&2; exit 1; }
    mv "$out/$name-$seed.json" "$run/result.json"
  done
done
echo "| method | trained weights | memory planned | measured | training time | label accuracy | first line | loss on test rows | loss on general text |"
echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
for name in $names; do
  files=(); for seed in $seeds; do files+=("$out/$name-$seed/result.json"); done
  jq -rs --arg name "$name" '
    def mean: add / length;
    def spread: mean as $m | if length < 2 then 0 else (map((. - $m) * (. - $m)) | add / (length - 1) | sqrt) end;
    def fixed(d): (. * pow(10; d) | round) / pow(10; d);
    def shown(d): "\(mean | fixed(d)) ± \(spread | fixed(d))";
    def fact(n): [.[] | .facts[] | select(.name == n) | .value];
    def seconds: split(":") | map(tonumber) | .[0] * 3600 + .[1] * 60 + .[2];
    def metric(m): [.[] | .metrics[] | select(.name | test(m))];
    def after(m; f; d): metric(m) | if length == 0 then "–" else map(.after * f) | shown(d) end;
    def change(m; d): metric(m) | if length == 0 then "–" else map(.after - .before) | shown(d) | if startswith("-") then . else "+" + . end end;
    [ $name, (fact("Trained weights")[0] // "–" | split(" ")[0]), (fact("Peak memory")[0] | capture(", (?<p>.*) planned").p), (fact("Peak memory")[0] | capture("(?<m>.*) resident").m),
      "\(fact("Training time") | map(seconds) | shown(0)) s", after("label accuracy"; 100; 1) + " %", after("first line"; 100; 1) + " %", after("loss on test"; 1; 3), change("general text"; 3) ]
    | "| " + join(" | ") + " |"' "${files[@]}"
done
