#!/bin/sh
# Kernel parity over the full grid of sizes, once at each vector width. Minutes, not seconds; CI samples the same grid.
set -eu
cd "$(dirname "$0")/.."
dotnet build -c Release -v q tests/Attune.Engine.Tests
export ATTUNE_FULL_GRID=1
run() {
    echo "== $1"
    shift
    env "$@" tests/Attune.Engine.Tests/bin/Release/net10.0/Attune.Engine.Tests -namespace 'Attune.Engine.Tests.Cpu'
}
run "512 bit where there is AVX-512" DOTNET_EnableAVX512=1
run "256 bit" DOTNET_EnableAVX512=0
run "128 bit" DOTNET_EnableAVX2=0
