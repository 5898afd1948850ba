using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>
/// What an operation would do, judged by what the app showed last: the steps of <see cref="AccountPlan"/>, each taken as
/// done. Nothing is read or changed in the app.
/// </summary>
internal static class AccountForecast
{
    /// <summary>More steps than any account needs.</summary>
    private const int MaxSteps = 32;

    /// <summary>Names the steps.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="goal">The goal.</param>
    /// <param name="desired">The wish.</param>
    /// <param name="account">The account as last seen.</param>
    /// <returns>What would be done, in words and in order; the last one says why it would end there where the app cannot do it.</returns>
    public static IReadOnlyList<string> Of(IntegrationProfile profile, AccountGoal goal, DesiredAccount desired, AppAccount account)
    {
        var steps = new List<string>();
        var seen = account.Observed;
        while (steps.Count < MaxSteps)
        {
            var step = AccountPlan.Next(profile, goal, desired, seen, account.Applied);
            if (step.Failure is { } refused)
            {
                steps.Add("then it would fail: " + refused.Detail);
                return steps;
            }

            if (step.Call is not { } verb)
            {
                return steps;
            }

            steps.Add(step.Change!);
            seen = After(verb, step.Inputs!, desired, seen, account.StateChangedAt);
        }

        return steps;
    }

    private static ObservedAccount? After(ConnectorVerb verb, JsonObject inputs, DesiredAccount desired, ObservedAccount? seen, DateTimeOffset now)
    {
        if (verb == ConnectorVerb.Delete)
        {
            return null;
        }

        var attributes = (JsonObject?)seen?.Attributes.DeepClone() ?? [];
        foreach (var (name, value) in inputs)
        {
            attributes[name] = value?.DeepClone();
        }

        var status = verb switch
        {
            ConnectorVerb.Deactivate => "suspended",
            ConnectorVerb.CreateUser or ConnectorVerb.Reactivate => "active",
            _ => seen?.Status ?? "active",
        };
        var identifier = verb is ConnectorVerb.CreateUser or ConnectorVerb.UpdateUser ? desired.Identifier : seen?.Identifier ?? desired.Identifier;
        return new ObservedAccount { Identifier = identifier, Status = status, Attributes = attributes, SeenAt = now };
    }
}
