namespace IdLcm.Functions;

/// <summary>What one function app of the deployment does. Two apps may share a task hub, so that the gateway scales without browsers.</summary>
public enum EditionRole
{
    /// <summary>Everything in one app.</summary>
    All,

    /// <summary>Answers requests, keeps the lanes moving and starts orchestrations, and runs none: no browser.</summary>
    Gateway,

    /// <summary>Runs orchestrations and their activities, and answers nobody but the health probe.</summary>
    Automation,
}
