using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Rotation;

/// <summary>What is known of a password that is changed in two phases; the values are in the secret store only.</summary>
internal sealed record PasswordState
{
    /// <summary>The new one, while it is not promoted.</summary>
    public PendingSecret? Pending { get; init; }

    /// <summary>The version before the one in force.</summary>
    public string? Prior { get; init; }

    /// <summary>When a change was last proved.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>When a sign-in last proved the one in force.</summary>
    public DateTimeOffset? ProvedAt { get; init; }
}

/// <summary>A password that <see cref="RotationRun"/> changes: whose it is, how it is set and how it is proved.</summary>
internal interface IRotatedPassword
{
    /// <summary>The verb that sets it.</summary>
    ConnectorVerb Verb { get; }

    /// <summary>Its name in the secret store.</summary>
    string Secret { get; }

    /// <summary>The user name that signs in with it.</summary>
    string UserName { get; }

    /// <summary>True when the verb runs in a session that was signed in with this very password; false when an administrator sets it, who can do so again.</summary>
    bool SetsItself { get; }

    /// <summary>The inputs of the verb.</summary>
    JsonObject Inputs(string? current, string password);

    /// <summary>The request of a session that is signed in with a version of it.</summary>
    ConnectorSessionRequest SignIn(ConnectorSessionRequest request, string? version);

    /// <summary>Reads what is known of it.</summary>
    ValueTask<PasswordState> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Changes what is known of it, as the holder of a lease.</summary>
    Task ChangeAsync(ActiveRun run, Func<PasswordState, PasswordState> change, CancellationToken cancellationToken);
}

/// <summary>The password of an integration's service account.</summary>
internal sealed class ServicePassword(IRecordStore store, IntegrationProfile profile) : IRotatedPassword
{
    private readonly CredentialLedger ledger = new(store, profile.Partition);

    public ConnectorVerb Verb => ConnectorVerb.RotatePassword;

    public string Secret => ServiceAccount.PasswordSecret(profile.Integration.Id);

    public string UserName => profile.Integration.ServiceAccount!.UserName;

    public bool SetsItself => true;

    public JsonObject Inputs(string? current, string password) => new() { ["identifier"] = UserName, ["password"] = current, ["newPassword"] = password };

    public ConnectorSessionRequest SignIn(ConnectorSessionRequest request, string? version) => request with { PasswordVersion = version };

    public async ValueTask<PasswordState> ReadAsync(CancellationToken cancellationToken) => Of(await ledger.ReadAsync(cancellationToken));

    public Task ChangeAsync(ActiveRun run, Func<PasswordState, PasswordState> change, CancellationToken cancellationToken) => ledger.ChangeAsync(
        run,
        credential =>
        {
            var state = change(Of(credential));
            return credential with { Password = state.Pending, PriorPassword = state.Prior, PasswordChangedAt = state.ChangedAt, PasswordProvedAt = state.ProvedAt };
        },
        cancellationToken);

    private static PasswordState Of(ServiceCredential credential) => new()
    {
        Pending = credential.Password,
        Prior = credential.PriorPassword,
        ChangedAt = credential.PasswordChangedAt,
        ProvedAt = credential.PasswordProvedAt,
    };
}
