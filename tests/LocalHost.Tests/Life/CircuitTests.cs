using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.LocalHost.Tests.Life;

public sealed class CircuitTests
{
    [Fact]
    public async Task An_app_that_is_down_for_a_night_makes_nobody_fail_and_the_queue_goes_on_by_itself()
    {
        await using var gateway = await RunningGateway.StartAsync(
            i => i with { Circuit = new CircuitSettings { Failures = 3, ProbeSeconds = 30, MaxProbeSeconds = 600 }, Retry = new RetryPolicySettings { Attempts = new Dictionary<FailureCode, int> { [FailureCode.AppUnavailable] = 4 } } });
        gateway.External.SignInFailure = new Failure(FailureCode.AppUnavailable, "down for the night");
        for (var i = 0; i < 12; i++)
        {
            await gateway.CreateAsync($"p{i}@acme.test");
        }

        await RunningGateway.UntilAsync(async () => (await gateway.DoAsync(HttpMethod.Get, ""))["circuitOpen"] is not null, "The circuit does not open.");
        await RunningGateway.UntilAsync(async () => !await RunsAsync(gateway), "An attempt does not end.");
        var visits = gateway.External.Visits;
        for (var hour = 0; hour < 8; hour++)
        {
            gateway.Clock.Leap(TimeSpan.FromHours(1));
            var before = visits;
            await RunningGateway.UntilAsync(async () => gateway.External.Visits > before && !await RunsAsync(gateway), "Nothing is tried.");
            visits = gateway.External.Visits;
        }

        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/operations?status=Failed"))["items"]!.AsArray());

        // A night of tries is a handful of visits, not one for each person each time.
        Assert.InRange(visits, 8, 60);
        gateway.External.SignInFailure = null;
        gateway.Clock.Leap(TimeSpan.FromHours(1));
        for (var i = 0; i < 12; i++)
        {
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.Onboarded);
        }

        Assert.Equal(12, gateway.External.Audit.Count);
        Assert.Single(await gateway.ActivityAsync("Queue held"));
        Assert.Single(await gateway.ActivityAsync("Queue resumed"));
    }

    /// <summary>An attempt under way would be too late after a leap of the clock.</summary>
    private static async Task<bool> RunsAsync(RunningGateway gateway) =>
        (await gateway.DoAsync(HttpMethod.Get, "/operations?status=Running"))["items"]!.AsArray().Count > 0;

    [Fact]
    public async Task A_clock_that_is_set_back_holds_up_neither_the_next_attempt_nor_the_probe_of_an_app_that_was_down()
    {
        await using var gateway = await RunningGateway.StartAsync(
            i => i with { Circuit = new CircuitSettings { Failures = 2, ProbeSeconds = 60, MaxProbeSeconds = 60 }, Retry = new RetryPolicySettings { FirstDelaySeconds = 60, MaxDelaySeconds = 60 } });
        gateway.External.FailNext(FailureCode.PageChanged);
        await gateway.CreateAsync("ada@acme.test");
        await RunningGateway.UntilAsync(async () => (await gateway.DoAsync(HttpMethod.Get, "/operations?status=Retrying"))["items"]!.AsArray().Count == 1, "It does not wait for its next attempt.");

        // As far back as nobody waits; what has begun to wait goes on counting its minute.
        gateway.Clock.Set(TimeSpan.FromHours(-2));
        gateway.Clock.Leap(TimeSpan.FromSeconds(80));
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);

        gateway.External.SignInFailure = new Failure(FailureCode.AppUnavailable, "down");
        for (var i = 0; i < 3; i++)
        {
            await gateway.CreateAsync($"p{i}@acme.test");
        }

        await RunningGateway.UntilAsync(async () => (await gateway.DoAsync(HttpMethod.Get, ""))["circuitOpen"] is not null, "The circuit does not open.");
        await RunningGateway.UntilAsync(async () => !await RunsAsync(gateway), "An attempt does not end.");
        gateway.External.SignInFailure = null;
        gateway.Clock.Set(TimeSpan.FromHours(-2));
        gateway.Clock.Leap(TimeSpan.FromSeconds(80));
        for (var i = 0; i < 3; i++)
        {
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.Onboarded);
        }
    }

    [Fact]
    public async Task A_validation_is_let_through_and_closes_the_circuit()
    {
        await using var gateway = await RunningGateway.StartAsync(i => i with { Circuit = new CircuitSettings { Failures = 2, ProbeSeconds = 3600, MaxProbeSeconds = 3600 } });
        gateway.External.SignInFailure = new Failure(FailureCode.BadCredentials, "the password was changed");
        for (var i = 0; i < 4; i++)
        {
            await gateway.CreateAsync($"p{i}@acme.test");
        }

        await RunningGateway.UntilAsync(async () => (await gateway.DoAsync(HttpMethod.Get, ""))["circuitOpen"] is not null, "The circuit does not open.");
        Assert.Equal(2, gateway.External.Visits);

        gateway.External.SignInFailure = null;
        await gateway.EndedAsync((string)(await gateway.DoAsync(HttpMethod.Post, "/validate"))["operationId"]!);

        Assert.Null((await gateway.DoAsync(HttpMethod.Get, ""))["circuitOpen"]);
        for (var i = 1; i < 4; i++)
        {
            await gateway.SettledAsync($"p{i}@acme.test", ProvisioningState.Onboarded);
        }
    }

    [Fact]
    public async Task The_retry_policy_of_an_integration_is_by_failure_code()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Patch, "", """{"retry":{"attempts":{"PageChanged":2,"NotEnoughSeats":3}}}""");
        for (var i = 0; i < 2; i++)
        {
            gateway.External.FailNext(FailureCode.PageChanged);
        }

        await gateway.CreateAsync("ada@acme.test");
        var ada = await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed);
        Assert.Equal(2, (int)(await gateway.EndedAsync(ada.LastOperationId!))["attempt"]!);

        gateway.External.FailNext(FailureCode.NotEnoughSeats);
        gateway.External.FailNext(FailureCode.NotEnoughSeats);
        await gateway.CreateAsync("bob@acme.test");
        await gateway.SettledAsync("bob@acme.test", ProvisioningState.Onboarded);
    }

    [Fact]
    public async Task Observe_only_shows_what_would_be_done_and_does_it_once_promoted()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.DoAsync(HttpMethod.Post, "/observe-only", """{"reason":"a first look"}""");
        gateway.External.Put("there@acme.test");
        await gateway.CreateAsync("ada@acme.test", ""","roles":[{"value":"Editor"}]""");

        await gateway.SyncAsync();
        await gateway.CreateAsync("there@acme.test", ""","roles":[{"value":"Editor"}]""");
        Assert.Empty(gateway.External.Audit);
        Assert.Equal(["created with role Editor"], await ForecastAsync(gateway, "Provision"));
        Assert.Equal(["changed givenName, familyName", "changed role from Viewer to Editor"], await ForecastAsync(gateway, "Update"));
        Assert.Equal("Queued", (string?)(await gateway.DoAsync(HttpMethod.Get, "/operations?kind=Provision"))["items"]![0]!["status"]);
        Assert.Equal(ProvisioningState.ProvisioningAwaiting, (await gateway.AccountAsync("ada@acme.test"))!.State);
        Assert.NotNull(await gateway.AccountAsync("there@acme.test"));

        await gateway.DoAsync(HttpMethod.Post, "/promote", """{"reason":"looks right"}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.SettledAsync("there@acme.test", ProvisioningState.Onboarded);
        Assert.Equal(["CreateUser ada@acme.test", "SetRoles there@acme.test", "UpdateUser there@acme.test"], gateway.External.Audit.Order());
        Assert.Null((await gateway.ApiAsync(HttpMethod.Get, $"operations/{await OperationAsync(gateway, "Provision")}")).Body["forecast"]);
    }

    private static async Task<string> OperationAsync(RunningGateway gateway, string kind) =>
        (string)Assert.Single((await gateway.DoAsync(HttpMethod.Get, $"/operations?kind={kind}"))["items"]!.AsArray())!["id"]!;

    /// <summary>What the one operation of a kind says that it would do.</summary>
    private static async Task<IEnumerable<string>> ForecastAsync(RunningGateway gateway, string kind)
    {
        var operation = await gateway.ApiAsync(HttpMethod.Get, $"operations/{await OperationAsync(gateway, kind)}");
        return operation.Body["forecast"]!.AsArray().Select(step => (string)step!);
    }
}
