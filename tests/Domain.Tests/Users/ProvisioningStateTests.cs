using IdLcm.Domain.Users;
using static IdLcm.Domain.Users.ProvisioningState;

namespace IdLcm.Domain.Tests.Users;

public sealed class ProvisioningStateTests
{
    /// <summary>The whole table, written out as the product's definition has it.</summary>
    private static readonly Dictionary<string, ProvisioningState[]> Allowed = new()
    {
        ["none"] = [ProvisioningAwaiting, Onboarded],
        ["Deleted"] = [ProvisioningAwaiting, Onboarded],
        ["Provisioning awaiting"] = [ProvisioningOngoing, DeleteAwaiting, Deleted],
        ["Provisioning ongoing"] = [Onboarded, ProvisioningFailed, ProvisioningAwaiting],
        ["Provisioning failed"] = [ProvisioningAwaiting, DeleteAwaiting, Onboarded],
        ["Onboarded"] = [UpdateAwaiting, DeleteAwaiting, Deleted],
        ["Update awaiting"] = [UpdateOngoing, DeleteAwaiting],
        ["Update ongoing"] = [Onboarded, UpdateFailed, UpdateAwaiting],
        ["Update failed"] = [UpdateAwaiting, DeleteAwaiting, Onboarded],
        ["Delete awaiting"] = [DeleteOngoing, UpdateAwaiting],
        ["Delete ongoing"] = [Deleted, DeleteFailed, DeleteAwaiting],
        ["Delete failed"] = [DeleteAwaiting, UpdateAwaiting, Deleted],
    };

    public static TheoryData<string, ProvisioningState> EveryTransition
    {
        get
        {
            var data = new TheoryData<string, ProvisioningState>();
            foreach (var from in Allowed.Keys)
            {
                foreach (var to in Enum.GetValues<ProvisioningState>())
                {
                    data.Add(from, to);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(EveryTransition))]
    public void Every_transition_is_allowed_or_impossible_as_the_table_says(string fromName, ProvisioningState to)
    {
        ProvisioningState? from = ProvisioningStates.TryParse(fromName, out var state) ? state : null;

        if (Allowed[fromName].Contains(to))
        {
            Assert.Equal(to, ProvisioningStates.Move(from, to));
        }
        else
        {
            Assert.Throws<IllegalTransitionException>(() => ProvisioningStates.Move(from, to));
        }
    }

    [Fact]
    public void Every_state_has_the_name_that_people_read()
    {
        Assert.Equal(
            Allowed.Keys.Where(name => name != "none").Order(StringComparer.Ordinal),
            Enum.GetValues<ProvisioningState>().Select(ProvisioningStates.NameOf).Order(StringComparer.Ordinal));
        Assert.All(Enum.GetValues<ProvisioningState>(), state =>
        {
            Assert.Equal($"\"{ProvisioningStates.NameOf(state)}\"", System.Text.Json.JsonSerializer.Serialize(state));
            Assert.True(ProvisioningStates.TryParse(ProvisioningStates.NameOf(state).ToUpperInvariant(), out var parsed) && parsed == state);
        });
    }

    [Fact]
    public void Every_state_can_be_reached_from_nothing()
    {
        var reached = new HashSet<ProvisioningState>();
        var open = new Queue<ProvisioningState>(ProvisioningStates.After(null));
        while (open.TryDequeue(out var state))
        {
            if (reached.Add(state))
            {
                foreach (var next in ProvisioningStates.After(state))
                {
                    open.Enqueue(next);
                }
            }
        }

        Assert.Equal(Enum.GetValues<ProvisioningState>().Length, reached.Count);
    }
}
