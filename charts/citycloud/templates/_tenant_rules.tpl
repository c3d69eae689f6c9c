{{- define "citycloud.viewerRules" }}
{{- /* Bound in a namespace, this is that namespace and no other, and none of its subresources. */}}
- {apiGroups: [""], resources: [namespaces], verbs: [get]}
- apiGroups: [""]
  resources: [pods, pods/log, pods/status, services, endpoints, configmaps, persistentvolumeclaims, serviceaccounts, events, resourcequotas,
    limitranges, replicationcontrollers]
  verbs: [get, list, watch]
- {apiGroups: [apps], resources: [deployments, statefulsets, daemonsets, replicasets, controllerrevisions], verbs: [get, list, watch]}
- {apiGroups: [batch], resources: [jobs, cronjobs], verbs: [get, list, watch]}
- {apiGroups: [autoscaling], resources: [horizontalpodautoscalers], verbs: [get, list, watch]}
- {apiGroups: [policy], resources: [poddisruptionbudgets], verbs: [get, list, watch]}
- {apiGroups: [networking.k8s.io], resources: [ingresses, networkpolicies], verbs: [get, list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [get, list, watch]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [get, list, watch]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings], verbs: [get, list, watch]}
{{- end }}

{{- define "citycloud.operatorRules" }}
- apiGroups: [""]
  resources: [pods, services, configmaps, secrets, persistentvolumeclaims]
  verbs: [get, list, watch, create, update, patch, delete, deletecollection]
- {apiGroups: [""], resources: [pods/exec, pods/attach, pods/portforward, pods/eviction], verbs: [create]}
- apiGroups: [apps]
  resources: [deployments, deployments/scale, statefulsets, statefulsets/scale, daemonsets, replicasets, replicasets/scale]
  verbs: [get, list, watch, create, update, patch, delete, deletecollection]
- {apiGroups: [batch], resources: [jobs, cronjobs], verbs: [create, update, patch, delete, deletecollection]}
- {apiGroups: [autoscaling], resources: [horizontalpodautoscalers], verbs: [create, update, patch, delete, deletecollection]}
- {apiGroups: [policy], resources: [poddisruptionbudgets], verbs: [create, update, patch, delete, deletecollection]}
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [create, update, patch, delete, deletecollection]}
{{- end }}

{{- define "citycloud.adminRules" }}
- {apiGroups: [""], resources: [serviceaccounts], verbs: [create, update, patch, delete]}
- {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [create, update, patch, delete]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings], verbs: [create, update, patch, delete]}
{{- end }}
