{{- define "veilpass.labels" -}}
app.kubernetes.io/name: veilpass
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "veilpass.selector" -}}
app.kubernetes.io/name: veilpass
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "veilpass.image" -}}
{{- $images := .root.Values.images -}}
{{- with get $images.digests .component -}}
{{ printf "%s/%s@%s" $images.registry $.component . }}
{{- else -}}
{{ printf "%s/%s:%s" $images.registry .component (default .root.Chart.AppVersion $images.tag) }}
{{- end -}}
{{- end }}

{{/* What holds for every pod. Service links would put variables of the services' names among the settings. */}}
{{- define "veilpass.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.pods.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pods.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pods.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "veilpass.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "veilpass.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{- define "veilpass.container" -}}
image: {{ include "veilpass.image" . | quote }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* A variable out of a Secret: name, secret, key. */}}
{{- define "veilpass.secretVariable" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}
{{- end }}

{{- define "veilpass.databaseAndRedis" -}}
{{- $secrets := .Values.secrets -}}
{{ include "veilpass.secretVariable" (dict "name" "DATABASE_URL" "secret" $secrets.database.existingSecret "key" $secrets.database.url) }}
{{- if $secrets.redis.enabled }}
{{ include "veilpass.secretVariable" (dict "name" "REDIS_URL" "secret" $secrets.redis.existingSecret "key" $secrets.redis.url) }}
{{- end }}
{{- end }}

{{/* What every service is told, and what its values tell it: env of a component. */}}
{{- define "veilpass.settings" -}}
- {name: VEILPASS_OPS_LISTEN, value: "0.0.0.0:9090"}
- {name: VEILPASS_LOG_FORMAT, value: json}
{{- range $name, $value := .settings }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end }}

{{/* Probes at the operators' port, where clients cannot take the connections away. */}}
{{- define "veilpass.opsProbes" -}}
startupProbe:
  httpGet: {path: /livez, port: ops}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: ops}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ .readyPort }}}
  periodSeconds: 5
  timeoutSeconds: 6
  failureThreshold: 3
{{- end }}
