# Part of bench/run.sh: how soon the command is there, and the first training step of the quick start. Milliseconds, medians; file cache
# warm. The evaluation before training is not counted in the time of the first step.

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

start() {
  local program=$work/start/Attune.Cli i
  dotnet publish src/Attune.Cli -c Release --ucr --no-self-contained -p:PackAsTool=false -p:DebugType=none -v quiet -o "$work/start" >/dev/null
  # Native code beside the IL is what is measured: without it the file is as large as the one that was built.
  [ "$(wc -c < "$work/start/Attune.Engine.dll")" -gt "$(($(wc -c < src/Attune.Engine/bin/Release/net10.0/Attune.Engine.dll) * 3 / 2))" ] ||
    { echo "start: published without native code" >&2; return 1; }
  for i in $(seq $((3 * repeats))); do once "$program" --help; done | median | milliseconds "attune --help"
  for i in $(seq "$repeats"); do first_step "$program"; done | median | milliseconds "quick start: first step"
}

milliseconds() { # milliseconds CASE: from standard input to the ledger
  local ms; read -r ms
  echo "$1 | $ms ms"
  echo "$run,$commit,$machine,$(nproc),$1 (ms),attune,$ms,,," | tee -a "$ledger" >> "$now"
}

once() { # once PROGRAM …: milliseconds of one run
  local begun; begun=$(now_ms)
  "$@" >/dev/null 2>&1
  echo $(($(now_ms) - begun))
}

first_step() { # first_step PROGRAM: from the start of the process to the end of step 1, less the evaluation before it
  local out=$work/start-run begun line before=0 evaluated=0
  rm -rf "$out"
  begun=$(now_ms)
  "$1" train recipes/quickstart.yaml --max-steps 1 --set eval.rows=1 --set "output=$out" 2>&1 >/dev/null | while IFS= read -r line; do
    case $line in
      "measuring before"*100*) evaluated=$(now_ms) ;;
      "measuring before"*) before=$(now_ms) ;;
      training*1/1*) [ "$evaluated" = 0 ] || echo $(($(now_ms) - begun - (evaluated - before))); evaluated=0 ;;
    esac
  done
}
