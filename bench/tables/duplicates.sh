#!/usr/bin/env bash
# How fast, and in how much memory, exact and near duplicates are found among made rows of which it is known: 5 % say the very same as an earlier row,
# 10 % have one other word. Says what was planted and what was found.
#   bench/tables/duplicates.sh      ROWS=1000000   WORK=runs/duplicates   BUILD=no: what is there runs
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
rows=${ROWS:-1000000} work=${WORK:-runs/duplicates}
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build -c Release -v quiet src/Attune.Cli > /dev/null
made=$work/made-$rows.jsonl
# Numbers of Park and Miller, so that every awk makes the same rows.
if [ ! -s "$made" ]; then awk -v rows="$rows" '
  function below(n) { x = (x * 16807) % 2147483647; return x % n }
  function word() { return "w" below(30000) }
  function text(n, t) { t = word(); while (--n) t = t " " word(); return t }
  BEGIN {
    x = 5
    for (i = 1; i <= rows; i++) {
      u = below(100)
      if (kept && u < 15) { at = below(kept); p = prompts[at]; a = answers[at]; if (u < 5) exact++; else { a = a " " word(); near++ } }
      else { p = text(10 + below(30)); a = text(30 + below(50)); if (kept < 20000) { prompts[kept] = p; answers[kept++] = a } }
      print "{\"prompt\": \"" p "\", \"completion\": \"" a "\"}"
    }
    print "planted: " exact + 0 " exact, " near + 0 " near" > "/dev/stderr"
  }' > "$made.partial"; mv "$made.partial" "$made"; fi
start=$(date +%s.%N) peak=0
dotnet src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll data clean "$made" --remedy exact near --set examples=0 --dry-run --quiet & job=$!
while kill -0 $job 2>/dev/null; do
  now=$(awk '/VmHWM/ { print $2 }' /proc/$job/status 2>/dev/null) || true
  peak=${now:-$peak}
  sleep 0.2
done
wait $job
awk -v rows="$rows" -v start="$start" -v end="$(date +%s.%N)" -v peak="$peak" 'BEGIN { printf "%d rows in %.1f s, %d rows a second, %.0f MB at the most\n", rows, end - start, rows / (end - start), peak / 1000 }'
