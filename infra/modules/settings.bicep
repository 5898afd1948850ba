// The app settings of both hostings. None of them is a secret: whatever is, is read from the vault by the identity.

@description('The storage account.')
param storageName string

@description('The table service.')
param tableEndpoint string

@description('The blob service.')
param blobEndpoint string

@description('The key vault.')
param vaultEndpoint string

@description('The client id of the app\'s identity.')
param identityClientId string

@description('Where telemetry goes.')
param insightsConnectionString string

@description('The Durable Task Scheduler; empty for Azure Storage.')
param schedulerEndpoint string

@description('The gateway\'s address before identity providers; empty for the app\'s own.')
param publicUrl string

@description('Where histories are seen; empty for nowhere.')
param historyUrl string

@description('Names a restore, where the data come from a backup; empty where they do not.')
param restored string

@description('How many days histories are kept.')
param historyDays int

@description('How many days evidence is kept.')
param evidenceDays int

var common = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'dotnet-isolated'
  AzureWebJobsDisableHomepage: 'true'
  AzureWebJobsSecretStorageType: 'Files'
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identityClientId}'
  AZURE_CLIENT_ID: identityClientId
  IdLcm__Azure__TableEndpoint: tableEndpoint
  IdLcm__Azure__BlobEndpoint: blobEndpoint
  IdLcm__Azure__KeyVaultEndpoint: vaultEndpoint
  IdLcm__Azure__ManagedIdentityClientId: identityClientId
  IdLcm__PublicUrl: publicUrl
  IdLcm__HistoryUrl: historyUrl
  IdLcm__Restored: restored
  IdLcm__HistoryDays: string(historyDays)
  IdLcm__EvidenceDays: string(evidenceDays)
}

// One setting of host.json overridden by another: the back-end of the orchestrations.
var scheduled = {
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
}

@description('The settings by name.')
output values object = empty(schedulerEndpoint) ? common : union(common, scheduled)
