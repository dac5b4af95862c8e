#!/usr/bin/env bash
# sandbox.sh COMMAND...: runs COMMAND in fresh network, mount and pid namespaces (and a user namespace when not root), with lo up
# and an empty /run. Whatever COMMAND starts ends with it; no process, device, rule or mount is left on the machine.
# Exit code and stdin pass through. Exit code 125: there can be no sandbox here; the message says why.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# The first stage only becomes the second one inside the namespaces, so the caller's signals reach the process it knows.
enter() {
  local flags
  flags="$(namespaces)" || refuse
  exec unshare "$flags" "$ROOT/scripts/sandbox.sh" --stage=outside-pid "$@"
}

namespaces() {
  if unshare -nm true 2>/dev/null; then echo "-nm"
  elif unshare -Urnm true 2>/dev/null; then echo "-Urnm"
  else return 1; fi
}

refuse() {
  cat >&2 <<MESSAGE
sandbox: could not create namespaces on this machine, neither as $(id -un) nor through a user namespace.
  unshare says: $(unshare -Urnm true 2>&1 || true)
  Run this as root, or turn user namespaces on. Look at: sysctl user.max_user_namespaces (must not be 0),
  kernel.unprivileged_userns_clone (1), kernel.apparmor_restrict_unprivileged_userns (0).
  In a container: --privileged, or CAP_SYS_ADMIN and CAP_NET_ADMIN.
MESSAGE
  exit 125
}

# Network and mounts are ours now, process ids not yet: this stage outlives unshare, hears SIGTERM and passes it on.
# setpriv: when this stage is killed, unshare goes too, and with it (--kill-child) every process of the pid namespace.
prepare() {
  # An ordinary user's PATH may lack the folders that iptables and ip live in.
  export XTABLES_LOCKFILE=/run/xtables.lock CHAOSGATE_SANDBOX=1 PATH="$ROOT/node_modules/.bin:$PATH:/usr/sbin:/sbin"
  ip link set lo up
  mount -t tmpfs -o mode=755,size=64m tmpfs /run
  mkdir -p /run/netns
  show_unpacked_packages
  run_and_wait own_child_of setpriv --pdeathsig KILL unshare -pf --kill-child --mount-proc \
    "$ROOT/scripts/sandbox.sh" --stage=pid-one "$@"
}

# Debian's Alertmanager reads its templates from /usr/share by an absolute path; packages.sh only unpacks it under .cache/debian.
show_unpacked_packages() {
  local unpacked="$ROOT/.cache/debian/usr/share"
  [ -d "$unpacked/prometheus" ] && [ ! -d /usr/share/prometheus/alertmanager ] || return 0
  mount -t overlay -o "lowerdir=$unpacked:/usr/share" overlay /usr/share
}

# Pid 1 of the namespace: ignores what it does not trap, so it traps; when it exits, the kernel ends everything else.
be_pid_one() {
  run_and_wait itself "$@"
}

# run_and_wait WHOM COMMAND...: SIGTERM goes on to WHOM. Ctrl-C already reaches the whole foreground group, so SIGINT is ignored here
# (a handler would interrupt wait, and bash can lose the exit code then); env and <&0 give it and stdin back to the command.
run_and_wait() {
  local whom="$1" again=1 code=0
  shift
  trap '' INT QUIT
  env --default-signal=INT,QUIT "$@" <&0 &
  local child=$!
  trap 'again=1; "$whom" "$child"' TERM HUP
  while [ "$again" = 1 ]; do
    again=0 code=0
    wait "$child" || code=$?
  done
  exit "$code"
}

itself() { kill -TERM "$1" 2>/dev/null || true; }

# unshare blocks SIGTERM while it waits, so the signal is for its child, which is pid 1 inside.
own_child_of() { pkill -TERM -P "$1" || true; }

case "${1:-}" in
  --stage=outside-pid) shift; prepare "$@" ;;
  --stage=pid-one) shift; be_pid_one "$@" ;;
  "" | --help) echo "usage: scripts/sandbox.sh COMMAND..." >&2; exit 2 ;;
  *) enter "$@" ;;
esac
