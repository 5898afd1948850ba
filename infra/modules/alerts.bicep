// What wakes somebody. docs/runbook.md says what each means and what to do.

@description('The name of the deployment.')
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('The log workspace.')
param workspaceId string

@description('The storage account.')
param storageId string

@description('The key vault.')
param vaultId string

@description('The mail address; empty for none.')
param email string

@description('How many minutes the oldest operation of a lane may wait.')
param queueAgeMinutes int

@description('How many failed operations within a quarter of an hour are too many.')
param failedOperations int

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'idlcm'
    emailReceivers: [
      { name: 'operator', emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

// The event ids are those of the log messages in src; tests keep the two together.
var rules = [
  {
    name: 'failed-operations'
    severity: 2
    description: 'Operations end as failed: an app has changed, signs nobody in, or refuses people.'
    query: 'AppTraces | where Properties.EventId == 4211'
    threshold: failedOperations
  }
  {
    name: 'queue-age'
    severity: 2
    description: 'The oldest operation of a lane that is not paused waits too long.'
    query: 'AppTraces | where Properties.EventId == 4201 and tostring(Properties.Paused) == "False" and toint(Properties.WaitedSeconds) > ${queueAgeMinutes * 60}'
    threshold: 1
  }
  {
    name: 'halted-syncs'
    severity: 2
    description: 'A sync stopped because the app shows far fewer people than before.'
    query: 'AppTraces | where Properties.EventId == 4212'
    threshold: 1
  }
  {
    name: 'lanes-stand-still'
    severity: 1
    description: 'The timer that keeps the lanes moving has not run for ten minutes.'
    query: 'AppTraces | where TimeGenerated > ago(10m) | where Properties.EventId == 4202 | summarize n = count() | where n == 0'
    threshold: 1
  }
  {
    name: 'lane-errors'
    severity: 2
    description: 'Lanes, groups or the activity chain cannot be moved on.'
    query: 'AppTraces | where Properties.EventId in (4001, 4101, 4102, 4103)'
    threshold: 10
  }
  {
    name: 'requests-fail'
    severity: 1
    description: 'The gateway answers 5xx to identity providers.'
    query: 'AppRequests | where toint(ResultCode) >= 500 and (Name contains "scim" or Url contains "/scim/v2/")'
    threshold: 20
  }
]

resource queries 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'alert-${name}-${rule.name}'
  location: location
  tags: tags
  properties: {
    displayName: 'IdLCM ${name}: ${rule.name}'
    description: rule.description
    severity: rule.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: 'GreaterThanOrEqual'
          threshold: rule.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: empty(email) ? [] : [people.id] }
  }
}]

resource storageAvailability 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-${name}-storage-availability'
  location: 'global'
  tags: tags
  properties: {
    description: 'The storage account answers fewer than 99 of 100 calls.'
    severity: 1
    enabled: true
    scopes: [storageId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        { criterionType: 'StaticThresholdCriterion', name: 'availability', metricName: 'Availability', operator: 'LessThan', threshold: 99, timeAggregation: 'Average' }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: people.id }]
  }
}

resource vaultAvailability 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-${name}-vault-availability'
  location: 'global'
  tags: tags
  properties: {
    description: 'The key vault answers fewer than 99 of 100 calls.'
    severity: 1
    enabled: true
    scopes: [vaultId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        { criterionType: 'StaticThresholdCriterion', name: 'availability', metricName: 'Availability', operator: 'LessThan', threshold: 99, timeAggregation: 'Average' }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: people.id }]
  }
}
