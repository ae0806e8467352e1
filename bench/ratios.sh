# Part of bench/run.sh: the ratios of this run as a Markdown table, with what they are meant to be. Where a peer has several rows of a
# case, the fastest of them is what Attune is held against, in memory too.

# case | which of Attune's rows (a pattern on the tool) | which of the peer's | least speed | most memory (- where none is asked for)
targets() {
  cat <<'T'
W1 LoRA 4x512|^attune f32$|^pytorch fp32$|1.2|0.45
W1 LoRA 4x512|^attune f32 passes-1024$|^pytorch fp32$|1.2|0.45
W1 LoRA 4x512|^attune bf16$|^pytorch|1.4|0.35
W1 LoRA 4x512|^attune bf16 saved-bf16$|^pytorch|1.4|0.35
W1 LoRA 4x512|^attune bf16 base-bf16 saved-bf16$|^pytorch|1.4|0.35
W1 full 4x512|^attune bf16$|^pytorch|1.3|0.55
W1 full 4x512|^attune bf16 saved-bf16$|^pytorch|1.3|0.55
W1 full 4x512|^attune bf16 saved-bf16 passes-512$|^pytorch|1.0|0.40
W2 LoRA 1x512|^attune bf16 base-bf16$|^pytorch|1.2|0.45
W2 LoRA 1x512|^attune bf16 base-bf16 saved-bf16$|^pytorch|1.2|0.45
W3 full 8x256|^attune bf16$|^pytorch|1.2|0.35
W3 full 8x256|^attune bf16 saved-bf16$|^pytorch|1.2|0.35
instruct banking77|^attune|^pytorch.*padded|2.0|-
instruct banking77|^attune|^pytorch.*packed|1.4|-
instruct medquad|^attune|^pytorch.*padded|2.0|-
instruct medquad|^attune|^pytorch.*packed|1.4|-
instruct gsm8k|^attune|^pytorch.*padded|2.0|-
instruct gsm8k|^attune|^pytorch.*packed|1.4|-
decode f32|^attune|^llama|1.0|-
decode bf16|^attune|^llama|1.0|-
decode q8_0|^attune|^llama|1.0|-
decode q4_0|^attune|^llama|1.0|-
prefill 512 f32|^attune|^llama|1.0|-
prefill 512 bf16|^attune|^llama|1.0|-
prefill 512 q8_0|^attune|^llama|1.0|-
prefill 512 q4_0|^attune|^llama|1.0|-
T
}

ratios() {
  [ -s "$now" ] || return 0
  echo
  echo "| work | Attune | beside | speed | of | memory | of | met |"
  echo "|---|---|---|---:|---:|---:|---:|---|"
  awk -F, -v OFS='|' '{print "row", $5, $6, $7, $9}' "$now" |
    cat - <(targets | sed 's/^/target|/') | awk -F'|' '
    $1 == "row" { n++; work[n] = $2; tool[n] = $3; speed[n] = $4; memory[n] = $5; next }
    function fastest(of, pattern,  i, best) {
      best = 0
      for (i = 1; i <= n; i++) if (work[i] == of && tool[i] ~ pattern && (!best || speed[i] > speed[best])) best = i
      return best
    }
    {
      mine = fastest($2, $3); theirs = fastest($2, $4)
      if (!mine || !theirs || !(speed[theirs] > 0)) next
      faster = speed[mine] / speed[theirs]
      smaller = memory[theirs] > 0 ? memory[mine] / memory[theirs] : 0
      met = faster >= $5 && ($6 == "-" || smaller <= $6)
      printf "| %s | %s, %s | %s, %s | %.2f × | %s × | %.2f × | %s | %s |\n", $2, tool[mine], speed[mine], tool[theirs], speed[theirs], faster, $5, smaller, $6 == "-" ? "" : $6 " ×", met ? "yes" : "no"
    }'
}
