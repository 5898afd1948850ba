using IdLcm.Samples.Data;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples;

/// <summary>One running sample app.</summary>
public sealed class SampleApp : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly Site site;

    internal SampleApp(WebApplication web, Site site) => (this.web, this.site) = (web, site);

    /// <summary>Where it answers, with the port that it really has.</summary>
    public Uri BaseAddress => new(web.Urls.First());

    /// <summary>Its fault switches.</summary>
    public Faults Faults => site.Faults;

    /// <summary>All members at this moment, by name and then e-mail.</summary>
    public IReadOnlyList<Member> Snapshot() => site.Workspace.Members();

    /// <summary>Everything that happened, oldest first.</summary>
    public IReadOnlyList<AuditEntry> Audit() => site.Workspace.Audit();

    /// <summary>Ends when the process is asked to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken ct) => web.WaitForShutdownAsync(ct);

    /// <summary>Stops answering and lets go of the data directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        site.Dispose();
    }
}
