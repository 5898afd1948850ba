using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.LocalHost.Tests.Life;

public sealed class HumanTaskTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_app_cannot_do_by_automation_becomes_a_task_and_closing_it_reads_the_app()
    {
        await using var gateway = await RunningGateway.StartAsync(offered: InMemoryApp.Manifest with { Capabilities = InMemoryApp.Manifest.Capabilities with { UpdateAttributes = ["email"] } });
        await gateway.RestartAsync();
        var id = await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.PatchAsync(id, """{"op":"Replace","path":"name.familyName","value":"King"}""");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.UpdateFailed);

        var task = (await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]![0]!;
        Assert.Contains("cannot change familyName", (string?)task["instructions"], StringComparison.Ordinal);
        var taskId = (string)task["id"]!;
        await gateway.DoAsync(HttpMethod.Patch, $"/tasks/{taskId}", """{"assignee":"Grace","comment":"I ask the vendor."}""");

        // Closed without being done: the read finds that, and a new task is there.
        var early = await gateway.DoAsync(HttpMethod.Post, $"/tasks/{taskId}/close", """{"resolution":"I thought I had."}""");
        Assert.Equal("Failed", (string?)(await gateway.EndedAsync((string)early["verifyingOperationId"]!))["status"]);
        var again = (string)(await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]![0]!["id"]!;
        Assert.NotEqual(taskId, again);

        gateway.External.Set("ada@acme.test", "familyName", "King");
        var done = await gateway.DoAsync(HttpMethod.Post, $"/tasks/{again}/close", """{"resolution":"Changed by hand."}""");
        Assert.Equal("Succeeded", (string?)(await gateway.EndedAsync((string)done["verifyingOperationId"]!))["status"]);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]!.AsArray());
        Assert.Equal(2, (await gateway.DoAsync(HttpMethod.Get, "/tasks?closed=true"))["items"]!.AsArray().Count);
        Assert.Equal(2, (await gateway.ActivityAsync("Human task closed")).Count);
        Assert.Equal(409, (await gateway.ApiAsync(HttpMethod.Post, $"integrations/{gateway.Integration.Id}/tasks/{again}/close", """{"resolution":"x"}""")).Status);
    }

    [Fact]
    public async Task However_often_the_same_thing_stands_in_the_way_there_is_one_task_and_what_succeeds_later_closes_it()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.FailNext(Domain.Connectors.FailureCode.CaptchaOrStepUp);
        await gateway.CreateAsync("ada@acme.test");
        var first = (await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed)).LastOperationId!;
        var task = (string)(await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]![0]!["id"]!;

        gateway.External.FailNext(Domain.Connectors.FailureCode.CaptchaOrStepUp);
        var second = await RetryAsync(gateway, first);
        Assert.Equal("Failed", (string?)(await gateway.EndedAsync(second))["status"]);
        var same = Assert.Single((await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]!.AsArray())!;
        Assert.Equal((task, second), ((string)same["id"]!, (string)same["operationId"]!));

        // Something else asks for something else.
        gateway.External.FailNext(Domain.Connectors.FailureCode.UnsupportedOperation);
        var third = await RetryAsync(gateway, second);
        Assert.Equal("Failed", (string?)(await gateway.EndedAsync(third))["status"]);
        Assert.NotEqual(task, (string)Assert.Single((await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]!.AsArray())!["id"]!);

        await RetryAsync(gateway, third);
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]!.AsArray());

        // A sync that a person has to help is no other thing.
        gateway.External.SignInFailure = new Domain.Connectors.Failure(Domain.Connectors.FailureCode.CaptchaOrStepUp, "The app asks for a picture.");
        await gateway.SyncAsync("Failed");
        Assert.Single((await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]!.AsArray());
        Assert.Equal("Under review", (string?)(await gateway.DoAsync(HttpMethod.Get, ""))["status"]);
        gateway.External.SignInFailure = null;
        await gateway.SyncAsync();
        Assert.Empty((await gateway.DoAsync(HttpMethod.Get, "/tasks"))["items"]!.AsArray());
        Assert.NotEqual("Under review", (string?)(await gateway.DoAsync(HttpMethod.Get, ""))["status"]);
        Assert.Equal(3, (await gateway.ActivityAsync("Human task closed")).Count);
    }

    private static async Task<string> RetryAsync(RunningGateway gateway, string operationId) =>
        (string)(await gateway.ApiAsync(HttpMethod.Post, $"operations/{operationId}/retry")).Body["operationId"]!;

    [Fact]
    public async Task A_task_past_its_due_date_is_told_of_once_a_day()
    {
        await using var gateway = await RunningGateway.StartAsync();
        gateway.External.FailNext(Domain.Connectors.FailureCode.CaptchaOrStepUp);
        await gateway.CreateAsync("ada@acme.test");
        await gateway.SettledAsync("ada@acme.test", ProvisioningState.ProvisioningFailed);
        var tasks = gateway.Services.GetRequiredService<HumanTaskService>();
        Assert.Equal("Under review", (string?)(await gateway.DoAsync(HttpMethod.Get, ""))["status"]);

        for (var day = 1; day <= 2; day++)
        {
            gateway.Clock.Leap(TimeSpan.FromHours(25));
            await tasks.RemindAsync(gateway.Integration.Id, Stop);
            await tasks.RemindAsync(gateway.Integration.Id, Stop);
            await RunningGateway.UntilAsync(async () => (await gateway.ActivityAsync("Human task overdue")).Count == day, "There is no reminder.");
        }
    }
}
