#!/usr/bin/env bash
# sanitizer.sh CARGO-TEST-ARGUMENTS...: `cargo test` with everything of ours, and what it starts, under AddressSanitizer.
# The runtime comes with the stable compiler; its switch is not stable, which RUSTC_BOOTSTRAP allows. Nothing of it is ever shipped.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
if ! ls "$(rustc --print sysroot)/lib/rustlib/$host/lib/"librustc-*_rt.asan.a >/dev/null 2>&1; then
  echo "skipped: this compiler has no AddressSanitizer for $host"
  [ "${CI:-}" != true ] && [ "${CHAOSGATE_REQUIRE:-}" != 1 ]
  exit
fi
# No look for leaks at the end of each process: a daemon ends by a signal as often as not, and the storm looks for them while it lives.
export RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address ASAN_OPTIONS=detect_leaks=0
exec cargo test --locked --target "$host" --target-dir .cache/sanitizer "$@"
