#!/usr/bin/env bash
# deny.sh: holds the daemon's dependencies to deny.toml. Builds cargo-deny once, into .cache/cargo-deny.
# Known vulnerabilities are looked up where their database can be reached; where not, it says so, and fails where everything must run (CI).
set -euo pipefail
version=0.20.2
cd "$(dirname "$0")/.."
root=$PWD/.cache/cargo-deny

if [ ! -x "$root/bin/cargo-deny" ]; then
  # The suites that run beside it come first.
  nice -n 10 cargo install cargo-deny --version "$version" --locked --quiet --root "$root" --target-dir "$root/target"
  rm -rf "$root/target"
fi
export PATH=$root/bin:$PATH

cargo deny --log-level warn check --show-stats bans licenses sources
if cargo deny --log-level error fetch db; then
  cargo deny --log-level warn check --show-stats --disable-fetch advisories
else
  echo "deny: the database of advisories cannot be reached, so nothing is said of known vulnerabilities"
  [ "${CI:-}" != true ]
fi
