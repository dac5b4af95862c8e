#!/usr/bin/env bash
# sarif-schema.sh: writes the OASIS schema of SARIF 2.1.0 to .cache/sarif-2.1.0.json, which the tests hold our output to.
# It comes from a Go module that carries the text unchanged in a string; nothing of that module is built or run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

MODULE=github.com/owenrumney/go-sarif/v3@v3.2.3
SCHEMA=.cache/sarif-2.1.0.json

[ ! -s "$SCHEMA" ] || exit 0
echo "fetching the schema of SARIF 2.1.0"
folder="$(go mod download -json "$MODULE" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')"
mkdir -p .cache
sed -e '1,/^const schema = `/ s/^const schema = `//' -e '/^package sarif$/d' -e '/^`$/d' \
  "$folder/pkg/report/v210/sarif/schema.go" > "$SCHEMA.part"
node -e 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"))' "$SCHEMA.part"
mv "$SCHEMA.part" "$SCHEMA"
