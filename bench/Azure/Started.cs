using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.Bench.Azure;

/// <summary>A gateway and what watches its store.</summary>
internal sealed record Started(RunningGateway Gateway, CommitWatch Watch) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
