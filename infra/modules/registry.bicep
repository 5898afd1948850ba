@description('The name of the registry.')
@minLength(5)
@maxLength(50)
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('The object id of the app\'s identity.')
param principalId string

// AcrPull: pulls images, pushes none.
var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
  }
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, principalId, acrPull)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('The registry\'s address.')
output loginServer string = registry.properties.loginServer
