using System.Text.Json.Nodes;

namespace IdLcm.Domain.Connectors;

/// <summary>Runs connectors against apps. Never throws for what an app does: that is a <see cref="Failure"/>.</summary>
public interface IConnectorRunner
{
    /// <summary>
    /// Opens a signed-in session of an integration's service account: reuses a kept one that its probe proves, else
    /// signs in. Waits for a place when as many are open as the connector's concurrency allows.
    /// </summary>
    /// <param name="request">For which integration and why.</param>
    /// <param name="cancellationToken">Cancels the wait and the sign-in; the browser is released.</param>
    /// <returns>The session, or why there is none. Dispose the session to give its place back.</returns>
    Task<ConnectorSessionResult> OpenAsync(ConnectorSessionRequest request, CancellationToken cancellationToken = default);
}

/// <summary>For which integration a session is opened.</summary>
public sealed record ConnectorSessionRequest
{
    /// <summary>The integration's id; sessions of two integrations are never shared.</summary>
    public required string IntegrationId { get; init; }

    /// <summary>The connector's id.</summary>
    public required string ConnectorId { get; init; }

    /// <summary>The pinned version.</summary>
    public required string ConnectorVersion { get; init; }

    /// <summary>The integration's settings by name, checked against the manifest's.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The service account's user name.</summary>
    public required string ServiceAccountUserName { get; init; }

    /// <summary>The login method: password, accessToken or sso.</summary>
    public string LoginMethod { get; init; } = "password";

    /// <summary>Name in the secret store of the password or access token.</summary>
    public required string PasswordSecret { get; init; }

    /// <summary>Name in the secret store of the TOTP secret (Base32), or null.</summary>
    public string? TotpSecret { get; init; }

    /// <summary>The version of <see cref="PasswordSecret"/> to sign in with; null for the promoted one.</summary>
    public string? PasswordVersion { get; init; }

    /// <summary>The version of <see cref="TotpSecret"/> to answer with; null for the promoted one.</summary>
    public string? TotpVersion { get; init; }

    /// <summary>When a one-time code was last given outside of what the runner remembers; none of that time or before is given again.</summary>
    public DateTimeOffset? OneTimeCodeUsedAt { get; init; }

    /// <summary>For logs and traces: the operation's id.</summary>
    public required string CorrelationId { get; init; }

    /// <summary>True to sign in afresh even where a kept session would do (validation).</summary>
    public bool FreshSignIn { get; init; }

    /// <summary>Told of each step as it ends, for live progress; may be null.</summary>
    public IStepObserver? Observer { get; init; }
}

/// <summary>An open session, or the reason for none.</summary>
/// <param name="Session">The session, or null.</param>
/// <param name="Failure">Why there is none, or null.</param>
/// <param name="Steps">What was done to sign in.</param>
/// <param name="Evidence">What a failed sign-in left.</param>
public sealed record ConnectorSessionResult(
    IConnectorSession? Session, Failure? Failure, IReadOnlyList<StepRecord> Steps, IReadOnlyList<EvidenceItem> Evidence)
{
    /// <summary>True when the app asked for a one-time code on the way and took it.</summary>
    public bool OneTimeCodeGiven { get; init; }
}

/// <summary>A signed-in session. Not for use by two callers at once.</summary>
public interface IConnectorSession : IAsyncDisposable
{
    /// <summary>The connector's manifest.</summary>
    ConnectorManifest Manifest { get; }

    /// <summary>True when the session came from a kept one, false when this opening signed in.</summary>
    bool Reused { get; }

    /// <summary>Runs one verb. A session that expired meanwhile is renewed once, before the commit step only.</summary>
    /// <param name="call">The verb and its inputs.</param>
    /// <param name="cancellationToken">Cancels at the next step; nothing is clicked after it.</param>
    /// <returns>What the verb gave.</returns>
    Task<VerbResult> RunAsync(VerbCall call, CancellationToken cancellationToken = default);
}

/// <summary>One call of a verb.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Inputs">
/// Values for its placeholders, by the names of the user schema: strings, numbers, booleans, arrays of strings
/// (<c>roles</c>); <c>identifier</c> is the primary identifier that the app shows now.
/// </param>
/// <param name="CommitGate">Asked right before the commit step; null for verbs that only read.</param>
public sealed record VerbCall(ConnectorVerb Verb, JsonObject Inputs, ICommitGate? CommitGate = null)
{
    /// <summary>Keeps what the app reveals once: a TOTP secret, backup codes. Null where the verb reveals nothing.</summary>
    public ISecretSink? Secrets { get; init; }

    /// <summary>Takes the rows that the verb reads, page by page; the result holds none of them then. Null to have them in the result.</summary>
    public IRowSink? Rows { get; init; }

    /// <summary>
    /// For getUser: false where it is enough to know whether the account is there and what the app's list shows of it; what
    /// only the account's own page shows is then left out of the row.
    /// </summary>
    public bool WithDetail { get; init; } = true;

    /// <summary>Names the verb and never its inputs, which may be secrets.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"VerbCall {{ {Verb} }}";
}

/// <summary>Takes the rows of a list while it is read, so that nobody holds a long list as a whole. They count only if the list is proved complete in the end.</summary>
public interface IRowSink
{
    /// <summary>The reading begins; or begins again because the session had ended on the way, and what was taken before counts no more.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when rows may come.</returns>
    ValueTask BeginAsync(CancellationToken cancellationToken);

    /// <summary>Takes rows. The next page is read after that only.</summary>
    /// <param name="rows">The rows, as <see cref="VerbResult.Rows"/> would hold them; the sink's own from now on.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are taken.</returns>
    ValueTask TakeAsync(IReadOnlyList<JsonObject> rows, CancellationToken cancellationToken);
}

/// <summary>Takes rows by a function.</summary>
/// <param name="take">Takes the rows of a page.</param>
/// <param name="begin">Forgets what was taken before; null where nothing has to be.</param>
public sealed class RowSink(Func<IReadOnlyList<JsonObject>, CancellationToken, ValueTask> take, Func<CancellationToken, ValueTask>? begin = null) : IRowSink
{
    /// <inheritdoc/>
    public ValueTask BeginAsync(CancellationToken cancellationToken) => begin?.Invoke(cancellationToken) ?? ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask TakeAsync(IReadOnlyList<JsonObject> rows, CancellationToken cancellationToken) => take(rows, cancellationToken);

    /// <summary>A sink that only counts.</summary>
    public static RowSink Counting { get; } = new((_, _) => ValueTask.CompletedTask);
}

/// <summary>Takes secrets that an app reveals, at the step that reads them.</summary>
public interface ISecretSink
{
    /// <summary>Keeps a secret durably. The next step is done after that only.</summary>
    /// <param name="name">totpSecret or backupCodes.</param>
    /// <param name="value">The secret; backup codes one a line.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>A task that ends when it is durable.</returns>
    Task KeepAsync(string name, string value, CancellationToken cancellationToken);
}

/// <summary>Stands before the step that cannot be taken back.</summary>
public interface ICommitGate
{
    /// <summary>
    /// Records durably that the commit step is about to be done, after checking that this run still may (fencing
    /// token, pause, cancellation).
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>True to go on; false to stop before the step, with <see cref="FailureCode.Cancelled"/>.</returns>
    Task<bool> EnterAsync(string step, CancellationToken cancellationToken);
}

/// <summary>Told of steps as they end.</summary>
public interface IStepObserver
{
    /// <summary>A step has ended. Must return fast.</summary>
    /// <param name="step">The step.</param>
    void StepEnded(StepRecord step);
}

/// <summary>What a verb gave.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Failure">Why it did not succeed, or null.</param>
/// <param name="Rows">
/// What it read. For listUsers and getUser each row holds the user schema's names plus <c>status</c>
/// (active, pending or suspended), <c>roles</c> and <c>entitlements</c> (arrays) where the app shows them.
/// </param>
/// <param name="Complete">True when the rows are proved to be all there are (last page reached, expected count met).</param>
/// <param name="CommitEntered">True when the commit step was begun: then the outcome must be settled by reading.</param>
/// <param name="Verified">True when the connector's own <c>verify</c> saw the result in the app.</param>
/// <param name="Steps">What was done.</param>
/// <param name="Evidence">What was kept.</param>
public sealed record VerbResult(
    ConnectorVerb Verb,
    Failure? Failure,
    IReadOnlyList<JsonObject> Rows,
    bool Complete,
    bool CommitEntered,
    bool Verified,
    IReadOnlyList<StepRecord> Steps,
    IReadOnlyList<EvidenceItem> Evidence)
{
    /// <summary>How many rows it read, those that a <see cref="IRowSink"/> took among them.</summary>
    public int RowsRead { get; init; } = Rows.Count;

    /// <summary>What a list said of the app's seats; null where it says nothing.</summary>
    public ListedSeats? Seats { get; init; }

    /// <summary>True when nothing failed.</summary>
    public bool Succeeded => Failure is null;
}

/// <summary>The seats of an app's plan, as a list shows them.</summary>
/// <param name="Used">How many are taken.</param>
/// <param name="Total">How many there are.</param>
public sealed record ListedSeats(long Used, long Total);

/// <summary>One step that was done or that failed.</summary>
/// <param name="Verb">The verb it belongs to.</param>
/// <param name="Index">Its number within the verb, from 1.</param>
/// <param name="Description">What it does, in words, secrets masked: <c>fill "Email" with jo@example.test</c>.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Outcome">done, failed or skipped.</param>
/// <param name="Commit">True for the step that cannot be taken back.</param>
/// <param name="Locator">Which of the listed locator alternatives matched (0 for the first), or null.</param>
/// <param name="Error">What went wrong, or null.</param>
public sealed record StepRecord(
    ConnectorVerb Verb,
    int Index,
    string Description,
    DateTimeOffset StartedAt,
    double DurationMs,
    string Outcome,
    bool Commit = false,
    int? Locator = null,
    string? Error = null);

/// <summary>Something kept to show what happened; read through the blob store, container <c>evidence</c>.</summary>
/// <param name="Kind">screenshot, dom or trace.</param>
/// <param name="Hash">The content hash to read it by.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Length">Size in bytes.</param>
/// <param name="Caption">What it shows.</param>
public sealed record EvidenceItem(string Kind, string Hash, string ContentType, long Length, string Caption);
