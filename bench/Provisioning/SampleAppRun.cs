using IdLcm.Samples;

namespace IdLcm.Bench.Provisioning;

/// <summary>The sample app, in this process.</summary>
internal sealed class SampleAppRun : IAsyncDisposable
{
    private readonly SampleApp app;

    private SampleAppRun(SampleApp app) => this.app = app;

    public Uri Address => app.BaseAddress;

    public static async Task<SampleAppRun> StartAsync(string directory) => new(await SampleAppHost.StartAsync(
        new SampleAppOptions { DataDirectory = directory, Members = 40, Seats = 10_000, AdminPassword = Workspace.AppPassword }, CancellationToken.None));

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
