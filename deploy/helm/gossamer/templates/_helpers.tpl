{{- define "gossamer.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "gossamer.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gossamer.labels" -}}
{{ include "gossamer.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* gossamer.yaml: what was given, and over it what the other templates count on. */}}
{{- define "gossamer.config" -}}
{{- $limits := dict "drain_timeout" (printf "%ds" (int .Values.drainSeconds)) }}
{{- $server := dict "host" "0.0.0.0" "port" 8080 "limits" $limits }}
{{- $control := dict "listen" "0.0.0.0:8081" "expose" false }}
{{- $own := dict "server" $server "control" $control "data_dir" "/var/lib/gossamer" }}
{{- mergeOverwrite (deepCopy .Values.config) $own | toYaml }}
{{- end }}

{{/* Two nodes with stores of their own would each know other keys, and count other limits. */}}
{{- define "gossamer.shared" -}}
{{- if gt (int .Values.replicas) 1 }}
{{- if not (hasPrefix "postgresql://" (default "" .Values.config.state)) }}
{{- fail "replicas: more than one node needs one state store for all: set config.state to postgresql://..., or replicas to 1" }}
{{- end }}
{{- if not (hasPrefix "redis" (default "" .Values.config.counters)) }}
{{- fail "replicas: more than one node needs limits that are counted in one place: set config.counters to redis://..., or replicas to 1" }}
{{- end }}
{{- end }}
{{- end }}
