#!/usr/bin/env bash
# packages.sh: brings what the tests and the demo need from Debian. Tools are installed when absent (root only); Prometheus and
# Alertmanager are only unpacked under .cache/debian, so no service is installed or started. A second run changes nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# command or file:package; CHROMIUM names another browser of the same family, and the fonts are for its pictures
TOOLS="iptables:iptables ip:iproute2 unshare:util-linux pkill:procps insmod:kmod linux.uml:user-mode-linux ${CHROMIUM:-chromium}:chromium openssl:openssl etcd:etcd-server"
# the languages of the programs whose clock is skewed
TOOLS="$TOOLS gcc:gcc musl-gcc:musl-tools /usr/lib/x86_64-linux-gnu/libc.a:libc6-dev /usr/bin/python3:python3 go:golang-go javac:default-jdk-headless strace:strace"
TOOLS="$TOOLS /usr/share/fonts/truetype/liberation:fonts-liberation /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf:fonts-noto-color-emoji"
# a real Kubernetes node
TOOLS="$TOOLS containerd:containerd runc:runc /usr/lib/cni/bridge:containernetworking-plugins"
# binary under .cache/debian:package
UNPACKED="usr/bin/prometheus:prometheus usr/bin/prometheus-alertmanager:prometheus-alertmanager"
CACHE=.cache/debian
PATH="$PATH:/usr/sbin:/sbin"

main() {
  local absent wanted
  absent="$(absent_tools)"
  wanted="$(absent_binaries)"
  if [ -z "$absent$wanted" ]; then
    echo "packages: everything is here"
    return
  fi
  require_apt "$absent $wanted"
  [ -z "$absent" ] || install_tools $absent
  [ -z "$wanted" ] || unpack $wanted
}

absent_tools() {
  local pair
  for pair in $TOOLS; do
    command -v "${pair%%:*}" >/dev/null || [ -e "${pair%%:*}" ] || echo "${pair##*:}"
  done | xargs
}

absent_binaries() {
  local pair
  for pair in $UNPACKED; do
    [ -x "$CACHE/${pair%%:*}" ] || echo "${pair##*:}"
  done | xargs
}

require_apt() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && return
  echo "packages: could not get $(echo $1): this machine has no apt-get; install them by hand (Debian's names)," >&2
  echo "  and put the binaries prometheus and prometheus-alertmanager into $CACHE/usr/bin" >&2
  exit 1
}

install_tools() {
  if [ "$(id -u)" != 0 ]; then
    echo "packages: could not install $* as $(id -un); as root: apt-get install -y --no-install-recommends $*" >&2
    exit 1
  fi
  echo "packages: installing $* with apt-get"
  # Installing must not start a daemon: the tests start their own.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  quietly apt-get install -y -qq --no-install-recommends "$@" || {
    echo "packages: not found in apt's lists; updating them"
    quietly apt-get update -qq
    loudly apt-get install -y -qq --no-install-recommends "$@"
  }
}

# Also as an ordinary user: downloading needs no privilege, only lists that root has updated once.
unpack() {
  local package folder="$CACHE/archives"
  echo "packages: unpacking $* into $CACHE (nothing is installed)"
  mkdir -p "$folder"
  for package in "$@"; do
    archive_of "$package" >/dev/null || download "$package"
    dpkg-deb -x "$(archive_of "$package")" "$CACHE"
  done
}

archive_of() { compgen -G "$CACHE/archives/$1_*.deb" | sort | tail -n 1 | grep .; }

download() {
  (cd "$CACHE/archives" && quietly apt-get download -qq "$1") && return
  if [ "$(id -u)" = 0 ]; then
    echo "packages: not found in apt's lists; updating them"
    quietly apt-get update -qq
  fi
  (cd "$CACHE/archives" && loudly apt-get download -qq "$1")
}

quietly() { "$@" >/dev/null 2>&1; }

loudly() {
  local said
  said="$("$@" 2>&1)" && return
  echo "$said" | tail -n 5 >&2
  echo "packages: \`$*\` failed; is the network up? Everything that was fetched before stays in $CACHE" >&2
  exit 1
}

main
