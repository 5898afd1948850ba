using System.Collections.Frozen;
using System.Text.Json.Serialization;

namespace IdLcm.Domain.Users;

/// <summary>Where an account stands between the identity provider's wish and the app.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProvisioningState>))]
public enum ProvisioningState
{
    /// <summary>The account is queued to be made.</summary>
    [JsonStringEnumMemberName("Provisioning awaiting")]
    ProvisioningAwaiting,

    /// <summary>The account is being made in the app.</summary>
    [JsonStringEnumMemberName("Provisioning ongoing")]
    ProvisioningOngoing,

    /// <summary>Making the account is out of retries.</summary>
    [JsonStringEnumMemberName("Provisioning failed")]
    ProvisioningFailed,

    /// <summary>The account is in the app, as wished (a deactivated one included).</summary>
    [JsonStringEnumMemberName("Onboarded")]
    Onboarded,

    /// <summary>A change is queued.</summary>
    [JsonStringEnumMemberName("Update awaiting")]
    UpdateAwaiting,

    /// <summary>A change is being made in the app.</summary>
    [JsonStringEnumMemberName("Update ongoing")]
    UpdateOngoing,

    /// <summary>A change is out of retries.</summary>
    [JsonStringEnumMemberName("Update failed")]
    UpdateFailed,

    /// <summary>The removal is queued.</summary>
    [JsonStringEnumMemberName("Delete awaiting")]
    DeleteAwaiting,

    /// <summary>The account is being removed from the app.</summary>
    [JsonStringEnumMemberName("Delete ongoing")]
    DeleteOngoing,

    /// <summary>The removal is out of retries.</summary>
    [JsonStringEnumMemberName("Delete failed")]
    DeleteFailed,

    /// <summary>The account is gone from the app.</summary>
    [JsonStringEnumMemberName("Deleted")]
    Deleted,
}

/// <summary>The transitions of <see cref="ProvisioningState"/>, as one table. Everything that changes a state asks it.</summary>
public static class ProvisioningStates
{
    private static readonly FrozenDictionary<ProvisioningState, FrozenSet<ProvisioningState>> Table =
        new Dictionary<ProvisioningState, FrozenSet<ProvisioningState>>
        {
            [ProvisioningState.ProvisioningAwaiting] = [ProvisioningState.ProvisioningOngoing, ProvisioningState.DeleteAwaiting, ProvisioningState.Deleted],
            [ProvisioningState.ProvisioningOngoing] = [ProvisioningState.Onboarded, ProvisioningState.ProvisioningFailed, ProvisioningState.ProvisioningAwaiting],
            [ProvisioningState.ProvisioningFailed] = [ProvisioningState.ProvisioningAwaiting, ProvisioningState.DeleteAwaiting, ProvisioningState.Onboarded],
            [ProvisioningState.Onboarded] = [ProvisioningState.UpdateAwaiting, ProvisioningState.DeleteAwaiting, ProvisioningState.Deleted],
            [ProvisioningState.UpdateAwaiting] = [ProvisioningState.UpdateOngoing, ProvisioningState.DeleteAwaiting],
            [ProvisioningState.UpdateOngoing] = [ProvisioningState.Onboarded, ProvisioningState.UpdateFailed, ProvisioningState.UpdateAwaiting],
            [ProvisioningState.UpdateFailed] = [ProvisioningState.UpdateAwaiting, ProvisioningState.DeleteAwaiting, ProvisioningState.Onboarded],
            [ProvisioningState.DeleteAwaiting] = [ProvisioningState.DeleteOngoing, ProvisioningState.UpdateAwaiting],
            [ProvisioningState.DeleteOngoing] = [ProvisioningState.Deleted, ProvisioningState.DeleteFailed, ProvisioningState.DeleteAwaiting],
            [ProvisioningState.DeleteFailed] = [ProvisioningState.DeleteAwaiting, ProvisioningState.UpdateAwaiting, ProvisioningState.Deleted],
            [ProvisioningState.Deleted] = [ProvisioningState.ProvisioningAwaiting, ProvisioningState.Onboarded],
        }.ToFrozenDictionary();

    private static readonly FrozenSet<ProvisioningState> FromNothing = [ProvisioningState.ProvisioningAwaiting, ProvisioningState.Onboarded];

    private static readonly FrozenDictionary<ProvisioningState, string> Names = Enum.GetValues<ProvisioningState>()
        .ToFrozenDictionary(state => state, state => string.Concat(state.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}")));

    /// <summary>What a state may become; null stands for "no record yet".</summary>
    /// <param name="from">The state.</param>
    /// <returns>The states that may follow.</returns>
    public static IReadOnlySet<ProvisioningState> After(ProvisioningState? from) => from is { } state ? Table[state] : FromNothing;

    /// <summary>Makes a transition.</summary>
    /// <param name="from">The state now; null for none.</param>
    /// <param name="to">The wanted state.</param>
    /// <returns><paramref name="to"/>.</returns>
    /// <exception cref="IllegalTransitionException">The table does not allow it: a bug of the caller.</exception>
    public static ProvisioningState Move(ProvisioningState? from, ProvisioningState to) =>
        After(from).Contains(to) ? to : throw new IllegalTransitionException($"A user may not go from '{(from is { } f ? NameOf(f) : "none")}' to '{NameOf(to)}'.");

    /// <summary>The state's name as people read it, for example <c>Provisioning awaiting</c>.</summary>
    /// <param name="state">The state.</param>
    /// <returns>The name.</returns>
    public static string NameOf(ProvisioningState state) => Names[state];

    /// <summary>Reads a state's name.</summary>
    /// <param name="name">The name, letter case ignored.</param>
    /// <param name="state">The state.</param>
    /// <returns>True when there is such a state.</returns>
    public static bool TryParse(string name, out ProvisioningState state)
    {
        foreach (var (candidate, candidateName) in Names)
        {
            if (string.Equals(candidateName, name, StringComparison.OrdinalIgnoreCase))
            {
                state = candidate;
                return true;
            }
        }

        state = default;
        return false;
    }

    /// <summary>True while an operation is queued and nothing runs in the app.</summary>
    /// <param name="state">The state.</param>
    /// <returns>True for the three <i>awaiting</i> states.</returns>
    public static bool IsAwaiting(ProvisioningState state) =>
        state is ProvisioningState.ProvisioningAwaiting or ProvisioningState.UpdateAwaiting or ProvisioningState.DeleteAwaiting;

    /// <summary>True while an operation runs in the app.</summary>
    /// <param name="state">The state.</param>
    /// <returns>True for the three <i>ongoing</i> states.</returns>
    public static bool IsOngoing(ProvisioningState state) =>
        state is ProvisioningState.ProvisioningOngoing or ProvisioningState.UpdateOngoing or ProvisioningState.DeleteOngoing;
}

/// <summary>A state machine was asked for a transition that its table does not have: a bug.</summary>
/// <param name="message">Which transition.</param>
public sealed class IllegalTransitionException(string message) : InvalidOperationException(message);
