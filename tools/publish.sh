#!/usr/bin/env bash
# Publishes the command as one self-contained file a platform, which needs no .NET on the machine, with native code ready to run, and
# a packed copy of it to download. The file itself is not compressed: it would be unpacked at every start, which takes a quarter of a second.
#   tools/publish.sh [platform …]        all four without arguments; the files lie in artifacts/publish/PLATFORM
# A platform whose runtime pack cannot be had (no network, no mirror) is named at the end and makes the script fail.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

platforms=("$@")
[ $# -gt 0 ] || platforms=(linux-x64 linux-arm64 win-x64 osx-arm64)
failed=()
for platform in "${platforms[@]}"; do
  out=artifacts/publish/$platform
  rm -rf "$out"
  if dotnet publish src/Attune.Cli -c Release -r "$platform" --self-contained -p:PublishSingleFile=true \
      -p:PublishDocumentationFile=false -p:PublishDocumentationFiles=false -p:DebugType=none -p:PackAsTool=false -v quiet -o "$out"; then
    tar -C "$out" -czf "$out.tar.gz" .
    printf '%-12s %s\n' "$platform" "$(du -h "$out"/Attune.Cli* | tail -1)" "" "$(du -h "$out.tar.gz")"
  else
    failed+=("$platform")
  fi
done
[ ${#failed[@]} = 0 ] || { echo "not published: ${failed[*]}"; exit 1; }
