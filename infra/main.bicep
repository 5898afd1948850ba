// The Azure edition of IdLCM in one resource group. docs/azure.md explains each choice.
//   az deployment sub create --location <region> --template-file infra/main.bicep --parameters environmentName=<name> location=<region>
// or: azd up
targetScope = 'subscription'

@description('The name of this deployment, for example idlcm-prod. It names the resource group and is part of every resource name.')
@minLength(3)
@maxLength(20)
param environmentName string

@description('The Azure region of every resource.')
param location string

@description('What runs the container. containerApps scales to the work and is the default; premium is an Elastic Premium plan with always-ready instances.')
@allowed(['containerApps', 'premium'])
param hosting string = 'containerApps'

@description('The container image, with its tag or digest. Empty deploys a placeholder, so that the registry exists before the first image is pushed to it.')
param image string = ''

@description('all: one app does everything. split: one app answers requests without a browser, another runs orchestrations; they share a task hub.')
@allowed(['all', 'split'])
param roles string = 'all'

@description('What keeps the state of orchestrations: the storage account, or a Durable Task Scheduler, which costs more at rest and less per operation.')
@allowed(['azureStorage', 'durableTaskScheduler'])
param orchestrationBackend string = 'azureStorage'

@description('The plan of the Durable Task Scheduler, where it is chosen.')
@allowed(['Consumption', 'Dedicated'])
param schedulerPlan string = 'Consumption'

@description('The fewest replicas of the gateway. At least 1: a timer keeps the lanes moving, and identity providers give up on cold starts.')
@minValue(1)
@maxValue(30)
param gatewayMinReplicas int = 1

@description('The most replicas of the gateway.')
@minValue(1)
@maxValue(30)
param gatewayMaxReplicas int = 5

@description('The fewest replicas that run browsers. At least 1: nothing scales an orchestration worker up from nothing.')
@minValue(1)
@maxValue(30)
param automationMinReplicas int = 1

@description('The most replicas that run browsers.')
@minValue(1)
@maxValue(30)
param automationMaxReplicas int = 10

@description('The size of an Elastic Premium instance, where that hosting is chosen.')
@allowed(['EP1', 'EP2', 'EP3'])
param premiumSku string = 'EP2'

@description('True puts storage, vault and the app into a virtual network and takes storage and vault off the public internet.')
param privateNetwork bool = false

@description('The address space of the virtual network, where there is one: a /16 to /22.')
param networkAddressPrefix string = '10.83.0.0/20'

@description('How records and evidence are replicated. Zone-redundant where the region has zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageReplication string = 'Standard_ZRS'

@description('How many days deleted blobs and containers can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 14

@description('How many days deleted secrets can be brought back. Cannot be changed later.')
@minValue(7)
@maxValue(90)
param vaultSoftDeleteDays int = 90

@description('How many days logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('How many days evidence of operations is kept.')
@minValue(1)
@maxValue(3650)
param evidenceDays int = 30

@description('How many days histories of ended orchestrations are kept. Records of operations stay.')
@minValue(1)
@maxValue(3650)
param historyDays int = 30

@description('The address by which identity providers reach the gateway, where a front door stands before it; empty for the app\'s own.')
param publicUrl string = ''

@description('Where administrators see histories of orchestrations, with {instanceId} in it, for example the dashboard of the Durable Task Scheduler; empty for no link.')
param historyUrl string = ''

@description('Names a restore, for example its date, where the data were brought back from a backup: every integration only observes, and erased people are erased again, before anything else happens. Empty where they were not.')
@maxLength(64)
param restored string = ''

@description('The mail address that alerts go to; empty for none.')
param alertEmail string = ''

@description('A lane whose oldest operation has waited for longer than so many minutes raises an alert.')
@minValue(5)
@maxValue(1440)
param queueAgeAlertMinutes int = 30

@description('So many failed operations within a quarter of an hour raise an alert.')
@minValue(1)
@maxValue(10000)
param failedOperationsAlertCount int = 5

@description('The object id of a person or group who may read secrets of the vault, for the first API key; empty for nobody.')
param administratorObjectId string = ''

@description('Whether that object is a person, a group or an application.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param administratorType string = 'User'

@description('Tags of every resource.')
param tags object = {}

var allTags = union(tags, { 'azd-env-name': environmentName, application: 'idlcm' })
var suffix = uniqueString(subscription().id, environmentName, location)

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-${environmentName}'
    location: location
    tags: allTags
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-${environmentName}'
    location: location
    tags: allTags
    addressPrefix: networkAddressPrefix
    hosting: hosting
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    name: environmentName
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'st${suffix}'
    location: location
    tags: allTags
    replication: storageReplication
    softDeleteDays: softDeleteDays
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    publicAccess: !privateNetwork
  }
}

module vault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  scope: group
  params: {
    name: 'kv-${suffix}'
    location: location
    tags: allTags
    softDeleteDays: vaultSoftDeleteDays
    principalId: identity.outputs.principalId
    administratorObjectId: administratorObjectId
    administratorType: administratorType
    workspaceId: monitoring.outputs.workspaceId
    publicAccess: !privateNetwork
  }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  name: 'private-endpoints'
  scope: group
  params: {
    name: environmentName
    location: location
    tags: allTags
    networkId: network!.outputs.networkId
    subnetId: network!.outputs.endpointSubnetId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module registry 'modules/registry.bicep' = {
  name: 'registry'
  scope: group
  params: {
    name: 'cr${suffix}'
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
  }
}

module scheduler 'modules/scheduler.bicep' = if (orchestrationBackend == 'durableTaskScheduler') {
  name: 'scheduler'
  scope: group
  params: {
    name: 'dts-${suffix}'
    location: location
    tags: allTags
    plan: schedulerPlan
    principalId: identity.outputs.principalId
  }
}

module settings 'modules/settings.bicep' = {
  name: 'settings'
  scope: group
  params: {
    storageName: storage.outputs.name
    tableEndpoint: storage.outputs.tableEndpoint
    blobEndpoint: storage.outputs.blobEndpoint
    vaultEndpoint: vault.outputs.endpoint
    identityClientId: identity.outputs.clientId
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    schedulerEndpoint: orchestrationBackend == 'durableTaskScheduler' ? scheduler!.outputs.endpoint : ''
    publicUrl: publicUrl
    historyUrl: historyUrl
    restored: restored
    historyDays: historyDays
    evidenceDays: evidenceDays
  }
}

var containerImage = empty(image) ? 'mcr.microsoft.com/azure-functions/dotnet-isolated:4-dotnet-isolated10.0' : image

module containerApps 'modules/container-apps.bicep' = if (hosting == 'containerApps') {
  name: 'container-apps'
  scope: group
  params: {
    name: environmentName
    location: location
    tags: allTags
    image: containerImage
    roles: roles
    registryServer: registry.outputs.loginServer
    identityId: identity.outputs.id
    workspaceName: monitoring.outputs.workspaceName
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    settings: settings.outputs.values
    gatewayMinReplicas: gatewayMinReplicas
    gatewayMaxReplicas: gatewayMaxReplicas
    automationMinReplicas: automationMinReplicas
    automationMaxReplicas: automationMaxReplicas
  }
  dependsOn: [privateEndpoints]
}

module premium 'modules/premium.bicep' = if (hosting == 'premium') {
  name: 'premium'
  scope: group
  params: {
    name: environmentName
    suffix: suffix
    location: location
    tags: allTags
    image: containerImage
    roles: roles
    sku: premiumSku
    registryServer: registry.outputs.loginServer
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    settings: settings.outputs.values
    minInstances: max(gatewayMinReplicas, automationMinReplicas)
    maxInstances: max(gatewayMaxReplicas, automationMaxReplicas)
  }
  dependsOn: [privateEndpoints]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    name: environmentName
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
    email: alertEmail
    queueAgeMinutes: queueAgeAlertMinutes
    failedOperations: failedOperationsAlertCount
  }
}

var host = hosting == 'containerApps' ? containerApps!.outputs.host : premium!.outputs.host
var base = empty(publicUrl) ? 'https://${host}' : publicUrl

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The registry that the image is pushed to.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.loginServer

@description('The gateway\'s address.')
output GATEWAY_URL string = base

@description('The SCIM base URL: the id of an integration comes after it.')
output SCIM_BASE_URL string = '${base}/scim/v2/'

@description('The vault, where the first API key lies under the name idlcm-first-owner-key.')
output KEY_VAULT_ENDPOINT string = vault.outputs.endpoint

@description('The storage account.')
output STORAGE_ACCOUNT string = storage.outputs.name

@description('The names of the apps that run the image.')
output APP_NAMES array = hosting == 'containerApps' ? containerApps!.outputs.names : premium!.outputs.names
