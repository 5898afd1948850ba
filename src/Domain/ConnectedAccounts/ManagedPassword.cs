using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Rotation;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.ConnectedAccounts;

/// <summary>
/// What is known of the password of a person's account that the gateway manages: it made it, set it in the app as an
/// administrator does, and nobody else knows it. Row <c>cp:{userId}</c> of the integration's partition.
/// </summary>
/// <param name="UserId">The person's SCIM id.</param>
/// <param name="UserName">The user name in the app.</param>
/// <param name="OperationId">The last operation on it. At most one is open.</param>
public sealed record ManagedPassword(string UserId, string UserName, string OperationId)
{
    internal const string Rows = "cp:";

    /// <summary>The new password, while it is not promoted.</summary>
    public PendingSecret? Pending { get; init; }

    /// <summary>The version of the password before the one in force.</summary>
    public string? Prior { get; init; }

    /// <summary>Since when the password in force is in the app, proved; null while none is.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>When a sign-in last proved it; null for never.</summary>
    public DateTimeOffset? ProvedAt { get; init; }

    /// <summary>True when nobody knows which password the app takes, or it takes none of those that are kept.</summary>
    [JsonIgnore]
    public bool IsUnproved => Pending is { Stage: ChangeStage.Unproved or ChangeStage.NeitherProved };

    /// <summary>How old the password in force is.</summary>
    /// <param name="now">The time.</param>
    /// <returns>Whole days; null while none is proved.</returns>
    public int? AgeDays(DateTimeOffset now) => ChangedAt is { } changed ? (int)(now - changed).TotalDays : null;

    internal static string Row(string userId) => Rows + userId;
}

/// <summary>The managed password of a person's account, as it is rotated: the service account sets it, a sign-in as the person proves it.</summary>
internal sealed class AccountPassword(IRecordStore store, IntegrationProfile profile, ManagedPassword managed, bool hasTotp, TimeProvider clock) : IRotatedPassword
{
    public ConnectorVerb Verb => ConnectorVerb.ResetPassword;

    public string Secret => ConnectedAccount.PasswordSecret(profile.Integration.Id, managed.UserId);

    public string UserName => managed.UserName;

    public bool SetsItself => false;

    public JsonObject Inputs(string? current, string password) => new() { ["identifier"] = UserName, ["newPassword"] = password };

    public ConnectorSessionRequest SignIn(ConnectorSessionRequest request, string? version) => request with
    {
        ServiceAccountUserName = UserName,
        LoginMethod = "password",
        PasswordSecret = Secret,
        PasswordVersion = version,
        TotpSecret = hasTotp ? ConnectedAccount.TotpSecret(profile.Integration.Id, managed.UserId) : null,
        TotpVersion = null,
    };

    public async ValueTask<PasswordState> ReadAsync(CancellationToken cancellationToken) =>
        Of((await store.FindAsync<ManagedPassword>(profile.Partition, ManagedPassword.Row(managed.UserId), cancellationToken))?.Value ?? throw Gone());

    public Task ChangeAsync(ActiveRun run, Func<PasswordState, PasswordState> change, CancellationToken cancellationToken) => LeasedRecord.ChangeAsync<ManagedPassword>(
        store,
        run,
        ManagedPassword.Row(managed.UserId),
        known =>
        {
            var state = change(Of(known ?? throw Gone()));
            return known with { Pending = state.Pending, Prior = state.Prior, ChangedAt = state.ChangedAt, ProvedAt = state.ProvedAt };
        },
        async (before, after) => before?.ChangedAt == after.ChangedAt ? [] : [await KeptAsync(run, cancellationToken)],
        cancellationToken);

    /// <summary>Launches use it from now on.</summary>
    private async Task<RecordChange> KeptAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var row = ConnectedAccount.Row(managed.UserId);
        var found = await store.FindAsync<ConnectedAccount>(profile.Partition, row, cancellationToken);
        var (now, by) = (clock.GetUtcNow(), run.Operation.RequestedBy.Actor);
        var account = found is null
            ? new ConnectedAccount(managed.UserId, managed.UserName, TiedBy.Email, HasTotp: false, now, by)
            : found.Value with { UserName = managed.UserName, SavedAt = now, SavedBy = by };
        return TypedRecords.Write(row, account, found?.ETag);
    }

    private static PasswordState Of(ManagedPassword known) => new() { Pending = known.Pending, Prior = known.Prior, ChangedAt = known.ChangedAt, ProvedAt = known.ProvedAt };

    private static OperationCanceledException Gone() => new("The account is not managed any more.");
}
