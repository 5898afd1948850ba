@description('The name of the deployment.')
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('How many days logs are kept.')
param retentionDays int

@description('The object id of the app\'s identity.')
param principalId string

// Monitoring Metrics Publisher: sends telemetry, reads none.
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-${name}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${name}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('The resource id of the workspace.')
output workspaceId string = workspace.id

@description('The name of the workspace.')
output workspaceName string = workspace.name

@description('Where telemetry goes. It opens nothing by itself: local authentication is off, the identity signs in.')
output insightsConnectionString string = insights.properties.ConnectionString
