namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary>Stands between the runner and the app, and makes the app look slow, down, or like another one.</summary>
internal sealed class AppFault
{
    private const string WrongPage = "<!DOCTYPE html><html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1><p>Further configuration is required.</p></body></html>";

    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private volatile string? _fault;

    /// <summary>Lets everything pass.</summary>
    public void Mend() => _fault = null;

    /// <summary>Each page and answer comes a second later.</summary>
    public void SlowDown() => _fault = "slow";

    /// <summary>Nothing answers.</summary>
    public void TakeDown() => _fault = "down";

    /// <summary>Each page and answer is that of a web server that was just set up.</summary>
    public void Replace() => _fault = "wrong";

    /// <summary>What the runner asks before each request.</summary>
    /// <param name="address">Where the request goes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A page to answer with, or null to let the app answer.</returns>
    /// <exception cref="HttpRequestException">The app is down.</exception>
    public async Task<string?> AnswerAsync(Uri address, CancellationToken cancellationToken)
    {
        switch (_fault)
        {
            case "slow":
                await Task.Delay(Delay, cancellationToken);
                return null;
            case "down":
                throw new HttpRequestException($"{address.Authority} is made to be down.");
            default:
                return _fault is null ? null : WrongPage;
        }
    }
}
