namespace IdLcm.Functions.Hosting;

/// <summary>
/// Holds requests and activities of this process back while data that come from a backup are prepared. The host invokes
/// functions as soon as the worker is there, so the order of starting alone would not do.
/// </summary>
public sealed class RestoreGate
{
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes the gate: open, unless the data were restored.</summary>
    /// <param name="options">How the edition is set up.</param>
    public RestoreGate(AzureEditionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Restored is null)
        {
            Open();
        }
    }

    /// <summary>False while requests are to come again later.</summary>
    public bool IsOpen => opened.Task.IsCompleted;

    /// <summary>Lets everything through from now on.</summary>
    public void Open() => opened.TrySetResult();

    /// <summary>Waits until it is open.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitAsync(CancellationToken cancellationToken) => opened.Task.WaitAsync(cancellationToken);
}
