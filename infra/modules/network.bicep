@description('The name of the virtual network.')
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('The address space.')
param addressPrefix string

@description('What runs the container: it decides whom the app\'s subnet is delegated to.')
@allowed(['containerApps', 'premium'])
param hosting string

resource appGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-${name}-app'
  location: location
  tags: tags
}

resource endpointGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-${name}-endpoints'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 23, 0)
          networkSecurityGroup: { id: appGroup.id }
          delegations: [
            {
              name: 'app'
              properties: { serviceName: hosting == 'containerApps' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 2)
          networkSecurityGroup: { id: endpointGroup.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

@description('The resource id of the network.')
output networkId string = network.id

@description('The subnet of the app.')
output appSubnetId string = '${network.id}/subnets/app'

@description('The subnet of the private endpoints.')
output endpointSubnetId string = '${network.id}/subnets/endpoints'
