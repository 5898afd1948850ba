@description('The name of the deployment.')
param name string

@description('Makes names of sites unique.')
param suffix string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('The container image.')
param image string

@description('One app, or one for requests and one for automation.')
@allowed(['all', 'split'])
param roles string

@description('The size of an instance.')
@allowed(['EP1', 'EP2', 'EP3'])
param sku string

@description('The registry that the image is pulled from.')
param registryServer string

@description('The resource id of the app\'s identity.')
param identityId string

@description('The client id of the app\'s identity.')
param identityClientId string

@description('The subnet of the app; empty for none.')
param subnetId string

@description('The app settings by name.')
param settings object

@description('The fewest instances.')
param minInstances int

@description('The most instances.')
param maxInstances int

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'elastic'
  sku: { name: sku, tier: 'ElasticPremium' }
  properties: {
    reserved: true
    maximumElasticWorkerCount: maxInstances
  }
}

var apps = roles == 'all' ? [
  { name: 'func-${name}-${suffix}', role: 'all', service: 'idlcm' }
] : [
  { name: 'func-${name}-${suffix}', role: 'gateway', service: 'idlcm' }
  { name: 'func-${name}-${suffix}-auto', role: 'automation', service: 'idlcm-automation' }
]

resource sites 'Microsoft.Web/sites@2024-04-01' = [for app in apps: {
  name: app.name
  location: location
  tags: union(tags, { 'azd-service-name': app.service })
  kind: 'functionapp,linux,container'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    vnetRouteAllEnabled: !empty(subnetId)
    siteConfig: {
      linuxFxVersion: 'DOCKER|${image}'
      acrUseManagedIdentityCreds: startsWith(image, registryServer)
      acrUserManagedIdentityID: identityClientId
      alwaysOn: false
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      minimumElasticInstanceCount: minInstances
      healthCheckPath: '/healthz'
      appSettings: concat(map(items(settings), setting => { name: setting.key, value: string(setting.value) }), [
        { name: 'IdLcm__Role', value: app.role }
        { name: 'WEBSITES_ENABLE_APP_SERVICE_STORAGE', value: 'false' }
        { name: 'WEBSITES_PORT', value: '8080' }
      ])
    }
  }
}]

@description('The gateway\'s host name.')
output host string = sites[0].properties.defaultHostName

@description('The names of the apps.')
output names array = [for (app, i) in apps: sites[i].name]
