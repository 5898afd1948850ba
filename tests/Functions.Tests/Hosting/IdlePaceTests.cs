using IdLcm.Domain.Activity;
using IdLcm.Domain.Users;
using IdLcm.Functions.Timers;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>An integration in which nothing happens costs little, and one in which something happens is looked after at once.</summary>
public sealed class IdlePaceTests
{
    /// <summary>What an hour without any work may cost, in calls of the storage service: docs/azure.md states it.</summary>
    private const int BudgetAnHour = 1500;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_quiet_hour_keeps_its_budget_and_work_ends_the_quiet()
    {
        await using var gateway = await RunningGateway.StartAsync(timers: false, idle: TimeSpan.FromSeconds(60), proxies: true);
        await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        var upkeep = ActivatorUtilities.CreateInstance<UpkeepTimer>(gateway.Services);
        async Task TickAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                gateway.Clock.Leap(TimeSpan.FromSeconds(5));
                await upkeep.RunAsync(new TimerInfo(), Stop);
            }
        }

        await TickAsync(60);
        var before = gateway.Transactions;
        await TickAsync(720);
        var spent = gateway.Transactions - before;
        Assert.True(spent <= BudgetAnHour, $"{spent} calls in an hour without work.");

        await gateway.CreateAsync("bob@acme.test");
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
        await TickAsync(1);
        Assert.Equal(0, await gateway.Services.GetRequiredService<ActivityLog>().SealAsync(gateway.Integration.Id, Stop));
    }

    [Fact]
    public void A_clock_that_was_set_back_puts_off_no_look()
    {
        var clock = new LeapingClock();
        var pace = new IdlePace(new AzureEditionOptions { IdleInterval = TimeSpan.FromMinutes(1) }, clock);
        pace.Looked("quiet", anything: false);
        pace.Looked("quiet", anything: false);
        Assert.False(pace.IsDue("quiet"));
        clock.Set(TimeSpan.FromHours(-1));
        Assert.True(pace.IsDue("quiet"));
    }
}
