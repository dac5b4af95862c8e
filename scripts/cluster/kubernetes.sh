#!/usr/bin/env bash
# kubernetes.sh up DIR | start DIR NAME | stop DIR NAME [SIGNAL] | down DIR: a real Kubernetes of one node inside scripts/sandbox.sh.
# etcd, kube-apiserver, controller manager, scheduler, containerd and kubelet are processes of the sandbox with their pids and logs in
# DIR; whatever survives `down` ends with the sandbox, but for the cgroups, which `down` removes. Needs root.
# Afterwards KUBECONFIG=DIR/pki/admin.kubeconfig; ctr finds containerd at its usual socket.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cmd=${1:?up, start, stop or down}
dir=$(mkdir -p "${2:?DIR}" && cd "$2" && pwd)
cache=$here/../../.cache/kubernetes
version=v1.36.3
kubectl=$cache/kubectl-$version
pki=$dir/pki
# Also the server's own Service address: it is on lo, so pods reach the server through their gateway and nobody needs kube-proxy.
service=10.96.0.1
node=10.123.0.1
cgroup=chaosgate-node
[ "${CHAOSGATE_SANDBOX:-}" = 1 ] || { echo "kubernetes: run it inside scripts/sandbox.sh, which ends everything" >&2; exit 2; }

main() {
  case $cmd in
    up) up ;;
    start) start "${3:?NAME}" ;;
    stop) stop "${3:?NAME}" "${4:-TERM}" ;;
    down) down ;;
    *) echo "kubernetes: up, start, stop or down" >&2; exit 2 ;;
  esac
}

up() {
  make_pki
  write_configuration
  ip addr replace "$service/32" dev lo
  ip addr replace "$node/32" dev lo
  # Pods come from the bridge and go nowhere but to this node and to each other.
  sysctl -qw net.ipv4.ip_forward=1
  for hierarchy in /sys/fs/cgroup/*/; do mkdir -p "$hierarchy$cgroup"; done
  start etcd
  start containerd
  wait_for etcd curl -sf http://127.0.0.1:2379/health
  start kube-apiserver
  wait_for kube-apiserver "$kubectl" --kubeconfig "$pki/admin.kubeconfig" get --raw /readyz
  start kube-controller-manager
  start kube-scheduler
  wait_for containerd ctr version
  import_images
  start kubelet
  wait_for "the node" node_is_ready
}

node_is_ready() { "$kubectl" --kubeconfig "$pki/admin.kubeconfig" get node node-1 2>/dev/null | grep -q ' Ready'; }

# An image is what its tar says, so one that is there already is only looked at.
import_images() {
  local image
  for image in "$dir"/images/*.tar; do ctr -n k8s.io images import "$image" >/dev/null; done
}

start() {
  local name=$1 kube="$cache/$1-$version"
  case $name in
    etcd) run etcd etcd --data-dir "$dir/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
      --listen-peer-urls http://127.0.0.1:2380 ;;
    containerd) run containerd containerd -c "$dir/containerd.toml" ;;
    kube-apiserver) run "$name" "$kube" --etcd-servers=http://127.0.0.1:2379 --bind-address=$service --secure-port=443 \
      --advertise-address=$node --service-cluster-ip-range=10.96.0.0/16 --client-ca-file="$pki/ca.crt" \
      --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --cert-dir="$dir/certs" \
      --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$pki/sa.pub" \
      --service-account-signing-key-file="$pki/sa.key" --authorization-mode=Node,RBAC --allow-privileged \
      --kubelet-preferred-address-types=InternalIP --kubelet-client-certificate="$pki/admin.crt" --kubelet-client-key="$pki/admin.key" ;;
    kube-controller-manager) run "$name" "$kube" --kubeconfig="$pki/controllers.kubeconfig" --bind-address=127.0.0.1 --leader-elect=false \
      --allocate-node-cidrs --cluster-cidr=10.244.0.0/16 --service-account-private-key-file="$pki/sa.key" --root-ca-file="$pki/ca.crt" --use-service-account-credentials ;;
    kube-scheduler) run "$name" "$kube" --kubeconfig="$pki/scheduler.kubeconfig" --bind-address=127.0.0.1 --leader-elect=false ;;
    kubelet) run "$name" "$kube" --config="$dir/kubelet.yaml" --kubeconfig="$pki/node.kubeconfig" --hostname-override=node-1 --node-ip=$node \
      --root-dir="$dir/kubelet" --cert-dir="$dir/certs" ;;
    *) echo "kubernetes: no part is named $name" >&2; exit 2 ;;
  esac
}

run() {
  local name=$1
  shift
  setsid "$@" >>"$dir/$name.log" 2>&1 </dev/null &
  echo $! >"$dir/$name.pid"
}

stop() {
  local pid
  pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 0
  kill -"$2" "$pid" 2>/dev/null || true
  [ "$2" = STOP ] || [ "$2" = CONT ] || { for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done; rm -f "$dir/$1.pid"; }
}

wait_for() {
  local what=$1
  shift
  for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done
  echo "kubernetes: gave up waiting for $what; look at $dir/*.log" >&2
  exit 1
}

make_pki() {
  [ -f "$pki/admin.kubeconfig" ] && return 0
  mkdir -p "$pki"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$pki/ca.key" -out "$pki/ca.crt" -days 2 -subj /CN=chaosgate-node 2>/dev/null
  certificate apiserver /CN=kube-apiserver "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$service,IP:$node"
  certificate admin /O=system:masters/CN=admin DNS:admin
  certificate controllers /CN=system:kube-controller-manager DNS:controllers
  certificate scheduler /CN=system:kube-scheduler DNS:scheduler
  certificate node /O=system:nodes/CN=system:node:node-1 "DNS:node-1,IP:127.0.0.1"
  openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
  openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
  local name
  for name in controllers scheduler node admin; do kubeconfig "$name"; done
}

certificate() {
  openssl req -newkey rsa:2048 -nodes -keyout "$pki/$1.key" -out "$pki/$1.csr" -subj "$2" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3" >"$pki/$1.ext"
  openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 2 -extfile "$pki/$1.ext" -out "$pki/$1.crt" 2>/dev/null
}

kubeconfig() {
  cat >"$pki/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{ name: node, cluster: { server: "https://$service", certificate-authority: $pki/ca.crt } }]
users: [{ name: $1, user: { client-certificate: $pki/$1.crt, client-key: $pki/$1.key } }]
contexts: [{ name: node, context: { cluster: node, user: $1 } }]
current-context: node
YAML
}

write_configuration() {
  mkdir -p "$dir/cni"
  cat >"$dir/cni/10-node.conflist" <<JSON
{ "cniVersion": "0.4.0", "name": "node", "plugins": [
  { "type": "bridge", "bridge": "pods0", "isGateway": true, "ipMasq": false,
    "ipam": { "type": "host-local", "dataDir": "/run/cni", "ranges": [[{ "subnet": "10.244.0.0/24" }]], "routes": [{ "dst": "0.0.0.0/0" }] } },
  { "type": "loopback" } ] }
JSON
  # restrict_oom_score_adj: without SYS_RESOURCE runc ends with "can't get final child's PID from pipe".
  cat >"$dir/containerd.toml" <<TOML
version = 2
root = "$dir/containerd"
state = "/run/containerd"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "docker.io/chaosgate/pause:1"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$dir/cni"
TOML
  cat >"$dir/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node
authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: { clientCAFile: $pki/ca.crt } }
authorization: { mode: AlwaysAllow }
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
localStorageCapacityIsolation: false
makeIPTablesUtilChains: false
podLogsDir: $dir/pods
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
YAML
}

down() {
  stop kubelet TERM
  local task
  for task in $(ctr -n k8s.io tasks ls -q 2>/dev/null); do ctr -n k8s.io tasks kill -s KILL "$task" >/dev/null 2>&1 || true; done
  for task in kube-scheduler kube-controller-manager kube-apiserver; do stop "$task" TERM; done
  sleep 1
  stop containerd TERM
  stop etcd TERM
  find /sys/fs/cgroup/*/"$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null || true
}

main "$@"
