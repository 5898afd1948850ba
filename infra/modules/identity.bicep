@description('The name of the identity.')
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('The resource id.')
output id string = identity.id

@description('The object id, which roles are given to.')
output principalId string = identity.properties.principalId

@description('The client id, which the app asks tokens for.')
output clientId string = identity.properties.clientId
