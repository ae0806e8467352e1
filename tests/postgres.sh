#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own, which ATTUNE_TEST_POSTGRES names to the tests; without a command, the tests of
# studies on such a server.
#   tests/postgres.sh [COMMAND…]
# The server lies in a temporary folder, listens on the loopback alone, on a free port, and is stopped and deleted at the end.
set -euo pipefail

bin=$(dirname "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1)")
[ -x "$bin/initdb" ] || { echo "tests/postgres.sh: no initdb: install PostgreSQL (Debian: postgresql)" >&2; exit 1; }
[ $# -gt 0 ] || set -- dotnet run -c Release --no-build --project "$(dirname "$0")/Attune.Tests" -- -class Attune.Tests.Search.Stores.PostgresStudyTests -class Attune.Tests.Runs.SharedStudyTests

folder=$(mktemp -d)
# PostgreSQL does not run as root: there it runs as a user who may do nothing else.
as=()
if [ "$(id -u)" = 0 ]; then
  chown nobody "$folder"
  as=(setpriv --reuid="$(id -u nobody)" --regid="$(id -g nobody)" --clear-groups env HOME="$folder")
fi
stop() {
  (cd "$folder" && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1) || true
  rm -rf "$folder"
}
trap stop EXIT

password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$password" > "$folder/password"
[ "$(id -u)" != 0 ] || chown nobody "$folder/password"
cd "$folder"
"${as[@]}" "$bin/initdb" -D data -U attune -A scram-sha-256 --pwfile=password -E UTF8 --no-locale --no-sync >/dev/null
for try in 1 2 3 4 5; do
  port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
  # What a test server writes need not survive a power cut.
  "${as[@]}" "$bin/pg_ctl" -D data -l log -w -t 60 -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder ${ATTUNE_TEST_POSTGRES_OPTIONS:--c fsync=off}" start >/dev/null && break
  [ "$try" != 5 ] || { cat log >&2; exit 1; }
done
cd "$OLDPWD"
ATTUNE_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=attune;Password=$password;Database=postgres" "$@"
