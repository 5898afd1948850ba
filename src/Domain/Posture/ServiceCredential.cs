using System.Text.Json.Serialization;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Posture;

/// <summary>Where a change of a secret stands. Whatever it is, every value that may be the right one is in the secret store.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeStage>))]
public enum ChangeStage
{
    /// <summary>The new value is kept; the app has not been touched.</summary>
    Stored,

    /// <summary>The app may have it: which value it takes is not proved yet.</summary>
    Unproved,

    /// <summary>A sign-in proved that the app still has the value from before. The new one is kept until the next change.</summary>
    OldProved,

    /// <summary>The app refuses both values: a person has to look.</summary>
    NeitherProved,
}

/// <summary>A secret that is being changed in the app.</summary>
/// <param name="Version">The new value's version in the secret store.</param>
/// <param name="BaseVersion">The version that was promoted when it was made; null for none. Another one there now means that a person saved one.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="OperationId">The operation that made it.</param>
/// <param name="At">When it came to stand there.</param>
public sealed record PendingSecret(string Version, string? BaseVersion, ChangeStage Stage, string OperationId, DateTimeOffset At);

/// <summary>
/// What is known of the service account's secrets, which themselves are in the secret store only. Row <c>credential</c>
/// of the integration's partition.
/// </summary>
public sealed record ServiceCredential
{
    /// <summary>Its row.</summary>
    public const string Row = "credential";

    /// <summary>The new password, while it is not promoted.</summary>
    public PendingSecret? Password { get; init; }

    /// <summary>The version of the password before the one in force, kept until the next rotation is proved.</summary>
    public string? PriorPassword { get; init; }

    /// <summary>When a rotation last changed the password; null for never.</summary>
    public DateTimeOffset? PasswordChangedAt { get; init; }

    /// <summary>When a sign-in last proved the password in force.</summary>
    public DateTimeOffset? PasswordProvedAt { get; init; }

    /// <summary>The new TOTP secret, while it is not promoted.</summary>
    public PendingSecret? Totp { get; init; }

    /// <summary>True while the factor is being turned off and nobody proved yet whether it is.</summary>
    public bool TurningOff { get; init; }

    /// <summary>When a sign-in with a code first proved the factor that the gateway turned on; null while it is not managed.</summary>
    public DateTimeOffset? MfaManagedSince { get; init; }

    /// <summary>The version of the TOTP secret's backup codes; null where the app gave none, or nobody could read them.</summary>
    public string? BackupCodes { get; init; }

    /// <summary>The last operation on the secrets. At most one is open.</summary>
    public string? OperationId { get; init; }

    /// <summary>When the last one failed; null after one that succeeded.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>True when nobody knows which secret the app takes.</summary>
    [JsonIgnore]
    public bool IsUnproved => Password is { Stage: ChangeStage.Unproved } || Totp is { Stage: ChangeStage.Unproved } || TurningOff;

    /// <summary>The name in the secret store of the backup codes.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <returns>The name.</returns>
    public static string BackupCodesSecret(string integrationId) => $"idlcm-{integrationId}-service-backup-codes";
}

/// <summary>Reads and changes what is known of a service account's secrets.</summary>
/// <param name="store">The record store.</param>
/// <param name="partition">The integration's partition.</param>
internal sealed class CredentialLedger(IRecordStore store, string partition)
{
    public async ValueTask<ServiceCredential> ReadAsync(CancellationToken cancellationToken) =>
        (await store.FindAsync<ServiceCredential>(partition, ServiceCredential.Row, cancellationToken))?.Value ?? new ServiceCredential();

    /// <summary>Changes the record, as the holder of a lease.</summary>
    public Task<ServiceCredential> ChangeAsync(ActiveRun run, Func<ServiceCredential, ServiceCredential> change, CancellationToken cancellationToken) =>
        LeasedRecord.ChangeAsync<ServiceCredential>(store, run, ServiceCredential.Row, known => change(known ?? new ServiceCredential()), null, cancellationToken);
}

/// <summary>Stands before the step that changes a secret in the app: from there on nobody knows which value is the right one until a sign-in proved it.</summary>
internal sealed class CredentialGate(ActiveRun run, Func<CancellationToken, Task> note) : Connectors.ICommitGate
{
    public async Task<bool> EnterAsync(string step, CancellationToken cancellationToken)
    {
        await note(cancellationToken);
        return await run.EnterAsync(step, cancellationToken);
    }
}
