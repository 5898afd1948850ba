@description('The name of the deployment.')
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('The container image.')
param image string

@description('One app, or one for requests and one for automation.')
@allowed(['all', 'split'])
param roles string

@description('The registry that the image is pulled from.')
param registryServer string

@description('The resource id of the app\'s identity.')
param identityId string

@description('The log workspace.')
param workspaceName string

@description('The subnet of the environment; empty for none.')
param subnetId string

@description('The app settings by name.')
param settings object

@description('The fewest replicas of the gateway.')
param gatewayMinReplicas int

@description('The most replicas of the gateway.')
param gatewayMaxReplicas int

@description('The fewest replicas that run browsers.')
param automationMinReplicas int

@description('The most replicas that run browsers.')
param automationMaxReplicas int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource appEnvironment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-${name}'
  location: location
  tags: tags
  properties: {
    appLogsConfiguration: { destination: 'azure-monitor' }
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId }
    workloadProfiles: [
      { name: 'Consumption', workloadProfileType: 'Consumption' }
    ]
    peerAuthentication: { mtls: { enabled: true } }
  }
}

resource environmentLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: appEnvironment
  properties: {
    workspaceId: workspace.id
    logs: [
      { categoryGroup: 'allLogs', enabled: true }
    ]
  }
}

// A browser takes about 400 MB; 2 cores and 4 GB bear the four that host.json lets run at once.
var apps = roles == 'all' ? [
  { name: 'ca-${name}', role: 'all', cpu: '2.0', memory: '4Gi', external: true, min: max(gatewayMinReplicas, automationMinReplicas), max: max(gatewayMaxReplicas, automationMaxReplicas), service: 'idlcm' }
] : [
  { name: 'ca-${name}', role: 'gateway', cpu: '0.5', memory: '1Gi', external: true, min: gatewayMinReplicas, max: gatewayMaxReplicas, service: 'idlcm' }
  { name: 'ca-${name}-auto', role: 'automation', cpu: '2.0', memory: '4Gi', external: false, min: automationMinReplicas, max: automationMaxReplicas, service: 'idlcm-automation' }
]

resource containers 'Microsoft.App/containerApps@2025-02-02-preview' = [for app in apps: {
  name: app.name
  location: location
  tags: union(tags, { 'azd-service-name': app.service })
  kind: 'functionapp'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    environmentId: appEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: app.external
        targetPort: 8080
        transport: 'auto'
        allowInsecure: false
      }
      registries: [
        { server: registryServer, identity: identityId }
      ]
    }
    template: {
      // A browser in the middle of a step may finish it.
      terminationGracePeriodSeconds: 120
      containers: [
        {
          name: 'idlcm'
          image: image
          resources: { cpu: json(app.cpu), memory: app.memory }
          env: concat(map(items(settings), setting => { name: setting.key, value: string(setting.value) }), [
            { name: 'IdLcm__Role', value: app.role }
          ])
          probes: [
            {
              type: 'Liveness'
              httpGet: { path: '/healthz', port: 8080 }
              initialDelaySeconds: 30
              periodSeconds: 30
              failureThreshold: 5
            }
          ]
        }
      ]
      scale: { minReplicas: app.min, maxReplicas: app.max }
    }
  }
}]

@description('The gateway\'s host name.')
output host string = containers[0].properties.configuration.ingress.fqdn

@description('The names of the apps.')
output names array = [for (app, i) in apps: containers[i].name]
