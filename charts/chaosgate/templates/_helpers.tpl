{{- define "chaosgate.labels" -}}
app.kubernetes.io/part-of: chaosgate
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* The cluster's own id: written down, or looked up where helm may ask the server. */}}
{{- define "chaosgate.clusterId" -}}
{{- if .Values.clusterId -}}
{{ .Values.clusterId }}
{{- else -}}
{{- $found := lookup "v1" "Namespace" "" "kube-system" -}}
{{- required "clusterId is missing: kubectl get namespace kube-system -o jsonpath='{.metadata.uid}'" (dig "metadata" "uid" "" $found) -}}
{{- end -}}
{{- end }}

{{- /* Namespaces that nobody may hit. */}}
{{- define "chaosgate.protected" -}}
{{- toJson (concat (list "kube-system" "kube-public" "kube-node-lease" .Release.Namespace) .Values.admission.protectedNamespaces | uniq) -}}
{{- end }}

{{- /* What runs no code of users and needs nothing of the host. */}}
{{- define "chaosgate.lockedDown" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* Daemon and keeper: each capability of an enabled effect, with its reason, and no other. */}}
{{- define "chaosgate.daemonSecurity" -}}
# Root, because files below /proc belong to whoever the victims are; with these capabilities and no others.
runAsUser: 0
readOnlyRootFilesystem: true
{{- if .Values.daemon.effects.fileIo }}
# Files are disturbed by FUSE, and a pod gets the device /dev/fuse in no other way.
privileged: true
{{- else }}
privileged: false
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
  add:
    - SYS_PTRACE # to open /proc/PID/ns of processes of others (ptrace(2), access mode checks)
    - SYS_ADMIN # setns(2) into a victim's network namespace
    {{- if .Values.daemon.effects.network }}
    - NET_ADMIN # queueing disciplines, packet rules and queues there
    - NET_RAW # the packet queue sends its copies by a raw socket
    {{- end }}
    {{- if .Values.daemon.effects.process }}
    - KILL # signals to processes of others
    {{- end }}
{{- end }}
{{- end }}

{{- /* The lock that every iptables of the node takes. */}}
{{- define "chaosgate.xtablesMount" -}}
{{- if .Values.daemon.effects.network -}}
- { name: xtables-lock, mountPath: /run/xtables.lock }
{{- end -}}
{{- end }}

{{- /* from=to of each pairing, for the runner's environment. */}}
{{- define "chaosgate.pairings" -}}
{{- $pairs := list -}}
{{- range .Values.admission.pairings -}}
{{- $pairs = append $pairs (printf "%s=%s" .from .to) -}}
{{- end -}}
{{- join "," $pairs -}}
{{- end }}

{{- /* A job that makes and renews certificates as far as it is due. */}}
{{- define "chaosgate.rotation" -}}
backoffLimit: 4
activeDeadlineSeconds: 600
ttlSecondsAfterFinished: 86400
template:
  metadata:
    labels:
      app.kubernetes.io/name: chaosgate-certificates
      {{- include "chaosgate.labels" . | nindent 6 }}
  spec:
    serviceAccountName: chaosgate-certificates
    restartPolicy: Never
    securityContext:
      runAsNonRoot: true
      runAsUser: 65532
      seccompProfile: { type: RuntimeDefault }
    containers:
      - name: certificates
        image: {{ .Values.runner.image | quote }}
        imagePullPolicy: {{ .Values.runner.imagePullPolicy }}
        args: [certificates, --namespace, {{ .Release.Namespace }}{{ if .Values.admission.webhook.enabled }}, --webhook, chaosgate{{ end }}]
        securityContext:
          {{- include "chaosgate.lockedDown" . | nindent 10 }}
        resources:
          requests: { cpu: 10m, memory: 64Mi }
          limits: { memory: 256Mi }
{{- end }}
