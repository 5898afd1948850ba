namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>What a check leaves out.</summary>
/// <param name="ReadOnly">True: nobody is created or changed.</param>
/// <param name="NoBadSignIn">True: no wrong credential is tried, for apps that lock accounts.</param>
internal sealed record CheckOptions(bool ReadOnly, bool NoBadSignIn);
