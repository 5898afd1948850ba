using IdLcm.Automation.Browser;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Automation.Totp;

namespace IdLcm.Automation.Sessions;

/// <summary>One integration's service account: its way to the app, its open sessions, its place in the queue.</summary>
internal sealed class ServiceAccount : IAsyncDisposable
{
    private readonly List<BrowserSession> idle = [];
    private int open;

    public ServiceAccount(string key, ConnectorDefinition connector, Scope settings, HostPolicy policy, Uri baseUrl, Uri httpBaseUrl, AutomationOptions options, TimeProvider time)
    {
        Key = key;
        Connector = connector;
        Settings = settings;
        Policy = policy;
        BaseUrl = baseUrl;
        HttpBaseUrl = httpBaseUrl;
        Http = new(policy, options.MaxReplyBytes, time, options.BeforeRequest);
        Totp = new(time);
        Places = new(connector.Manifest.Concurrency);
    }

    public string Key { get; }

    public ConnectorDefinition Connector { get; }

    public Scope Settings { get; }

    public HostPolicy Policy { get; }

    public Uri BaseUrl { get; }

    /// <summary>What the paths of http steps are relative to.</summary>
    public Uri HttpBaseUrl { get; }

    public HttpChannel Http { get; }

    public TotpSource Totp { get; }

    /// <summary>As many as the connector says that the account bears at a time.</summary>
    public SemaphoreSlim Places { get; }

    /// <summary>One sign-in at a time: the second session starts from the first one's cookies.</summary>
    public SemaphoreSlim SigningIn { get; } = new(1);

    /// <summary>The credential that the app last took for a call; null when it took none yet, or refused the last.</summary>
    public ProvedCredential? Proved { get; set; }

    /// <summary>True after a failed run: the next one is recorded.</summary>
    public bool TraceNext { get; set; }

    /// <summary>True while nothing is open, neither idle nor in use.</summary>
    public bool IsUnused
    {
        get
        {
            lock (idle)
            {
                return open == 0;
            }
        }
    }

    public async Task<BrowserSession> OpenAsync(BrowserHost host, string? storageState, CancellationToken cancellationToken)
    {
        var session = await BrowserSession.OpenAsync(host, Policy, BaseUrl, Connector, storageState, cancellationToken);
        lock (idle)
        {
            open++;
        }

        return session;
    }

    public BrowserSession? TakeIdle()
    {
        lock (idle)
        {
            if (idle.Count == 0)
            {
                return null;
            }

            var session = idle[^1];
            idle.RemoveAt(idle.Count - 1);
            return session;
        }
    }

    public void GiveBack(BrowserSession session)
    {
        lock (idle)
        {
            idle.Add(session);
        }
    }

    public async Task CloseAsync(BrowserSession session)
    {
        lock (idle)
        {
            open--;
        }

        await session.DisposeAsync();
    }

    /// <summary>Takes out the sessions that nobody has used since a moment.</summary>
    public IReadOnlyList<BrowserSession> TakeIdleSince(DateTimeOffset moment)
    {
        lock (idle)
        {
            var old = idle.Where(s => s.LastUsed <= moment || !s.IsUsable).ToList();
            idle.RemoveAll(old.Contains);
            return old;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var session in TakeIdleSince(DateTimeOffset.MaxValue))
        {
            await CloseAsync(session);
        }

        Http.Dispose();
        Places.Dispose();
        SigningIn.Dispose();
        Totp.Dispose();
    }
}

/// <summary>A credential that the app took.</summary>
/// <param name="Version">Its version in the secret store; the value is read where it is used.</param>
/// <param name="At">When.</param>
internal sealed record ProvedCredential(string Version, DateTimeOffset At);
