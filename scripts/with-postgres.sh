#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL server of Debian's below a temporary folder, on a Unix socket and a free
# loopback port; TIELINE_TEST_POSTGRES names it. The server is stopped and its folder removed afterwards.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -n 1 || true)
if [ -z "$bin" ]; then
  echo "PostgreSQL is not installed: the contract does not run on it here." >&2
  exit 1
fi
folder=$(mktemp -d)
user=$(id -un)
if [ "$(id -u)" = 0 ]; then
  user=postgres
  chown postgres "$folder"
fi
as_user() { if [ "$(id -u)" = 0 ]; then su postgres -s /bin/bash -c "$1"; else bash -c "$1"; fi; }
port=$(node -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
as_user "'$bin/initdb' -D '$folder/data' -U $user --auth=trust --encoding=UTF8 --locale=C > /dev/null"
as_user "'$bin/pg_ctl' -D '$folder/data' -w -s -o '-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$folder -c fsync=off' start" > /dev/null
trap 'as_user "\"$bin/pg_ctl\" -D \"$folder/data\" -m immediate -s stop" || true; rm -rf "$folder"' EXIT
as_user "'$bin/createdb' -h 127.0.0.1 -p $port -U $user tieline_test"
export TIELINE_TEST_POSTGRES="postgres://$user@127.0.0.1:$port/tieline_test"
"$@"
