@description('The name of the scheduler.')
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('The plan.')
@allowed(['Consumption', 'Dedicated'])
param plan string

@description('The object id of the app\'s identity.')
param principalId string

// Durable Task Data Contributor: works on orchestrations of the scheduler's task hubs.
var taskDataContributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: plan == 'Dedicated' ? { name: plan, capacity: 1 } : { name: plan }
    // The addresses that may connect; an empty list lets nobody in. Every caller signs in with Entra ID besides.
    ipAllowlist: ['0.0.0.0/0']
  }
}

resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: 'idlcm'
}

resource contributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hub.id, principalId, taskDataContributor)
  scope: hub
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', taskDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('The scheduler\'s address.')
output endpoint string = scheduler.properties.endpoint
