using System.Net;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Secrets;
using IdLcm.Domain.Users;
using IdLcm.Functions.Hosting;
using IdLcm.Functions.Tests.Azurite;
using IdLcm.LocalHost.Tests.Lifecycle;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>The edition as it is put together, and what only it does.</summary>
public sealed class EditionTests(AzuriteServer azurite)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(EditionRole.All)]
    [InlineData(EditionRole.Gateway)]
    [InlineData(EditionRole.Automation)]
    public void Every_function_can_be_made_from_the_services_of_the_worker(EditionRole role)
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.ConfigureFunctionsWebApplication();
        builder.Services.AddAzureEdition(new AzureEditionOptions { Role = role, Storage = azurite.Options() });
        using var host = builder.Build();

        Assert.All(FunctionIndex.All, function => Assert.NotNull(ActivatorUtilities.CreateInstance(host.Services, function.Method.DeclaringType!)));
        Assert.Equal(role != EditionRole.Automation, host.Services.GetServices<IHostedService>().Any(service => service is FirstOwnerKey));
    }

    [Fact]
    public void A_worker_watches_no_file_for_its_settings_even_where_the_environment_asks_for_it()
    {
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "true");

        var files = Program.CreateBuilder([]).Configuration.Sources.OfType<FileConfigurationSource>().ToList();

        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.False(file.ReloadOnChange, file.Path));
    }

    [Fact]
    public async Task The_first_owner_key_is_made_once_and_lies_in_the_secret_store()
    {
        await using var gateway = await RunningGateway.StartAsync(services: services => services.AddHostedService<FirstOwnerKey>());
        var secrets = gateway.Services.GetRequiredService<ISecretStore>();
        SecretValue? key = null;
        await RunningGateway.UntilAsync(async () => (key = await secrets.GetAsync(FirstOwnerKey.SecretName, Stop)) is not null, "There is no key.");

        var (status, me) = await gateway.ApiAsync(HttpMethod.Get, "me", key: key!.Value);
        await gateway.RestartAsync();

        Assert.True(status == 200, me.ToJsonString());
        Assert.Equal(key, await gateway.Services.GetRequiredService<ISecretStore>().GetAsync(FirstOwnerKey.SecretName, Stop));
    }

    [Fact]
    public async Task An_administrator_sees_the_instance_of_an_operation_and_no_way_to_steer_it()
    {
        await using var gateway = await RunningGateway.StartAsync();
        await gateway.CreateAsync("ada@acme.test");
        var account = await gateway.SettledAsync("ada@acme.test", ProvisioningState.Onboarded);
        await gateway.Hub.WaitAsync(account.LastOperationId!, instance => instance.IsCompleted);

        var (status, instance) = await gateway.ApiAsync(HttpMethod.Get, $"operations/{account.LastOperationId}/instance");
        var (refused, _) = await gateway.ApiAsync(HttpMethod.Get, $"operations/{account.LastOperationId}/instance", key: "nobody");

        Assert.Equal((200, 401), (status, refused));
        Assert.Equal((account.LastOperationId, "provision", "Completed"), ((string?)instance["instanceId"], (string?)instance["workflow"], (string?)instance["status"]));
        Assert.Equal(1, (int?)instance["customStatus"]!["attempt"]);
        Assert.DoesNotContain("code=", instance.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http", instance.ToJsonString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_gateway_without_automation_answers_and_leaves_the_work_to_the_automation_app_of_its_task_hub()
    {
        var suffix = Guid.NewGuid().ToString("N")[..12];
        var storage = azurite.Options() with { TableName = "t" + suffix, ContainerName = "c" + suffix, AnchorContainerName = "a" + suffix, ErasureContainerName = "e" + suffix };
        await using var hub = new TestTaskHub(TimeProvider.System);
        await using var gateway = await FunctionsHost.StartAsync(
            hub, services => services.AddAzureEdition(new AzureEditionOptions { Role = EditionRole.Gateway, Storage = storage }), timers: false);
        await using var automation = await FunctionsHost.StartAsync(
            hub, services => services.AddAzureEdition(new AzureEditionOptions { Role = EditionRole.Automation, Storage = storage }), timers: false);
        using var client = new HttpClient();

        Assert.Equal(200, (int)(await client.GetAsync(new Uri(gateway.Url + "/healthz"), Stop)).StatusCode);
        Assert.Equal(200, (int)(await client.GetAsync(new Uri(automation.Url + "/healthz"), Stop)).StatusCode);
        Assert.Equal(200, (int)(await client.GetAsync(new Uri(gateway.Url + "/readyz"), Stop)).StatusCode);
        Assert.Equal(401, (int)(await client.GetAsync(new Uri(gateway.Url + "/api/integrations"), Stop)).StatusCode);
        Assert.Equal(404, (int)(await client.GetAsync(new Uri(automation.Url + "/api/integrations"), Stop)).StatusCode);
    }

    [Fact]
    public async Task A_token_that_this_replica_revokes_is_refused_at_once_and_one_that_another_revokes_within_the_set_time()
    {
        await using var gateway = await RunningGateway.StartAsync(timers: false, integrationMaxAge: TimeSpan.FromHours(1));
        var here = gateway.Services.GetRequiredService<IntegrationStore>();

        // Another process has a store of its own and tells this one nothing.
        var elsewhere = new IntegrationStore(gateway.Store);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway));
        await elsewhere.ChangeAsync(gateway.Integration.Id, i => (i with { Tokens = [] }, []), Stop);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway));
        await here.ChangeAsync(gateway.Integration.Id, i => (i with { Name = "Renamed" }, []), Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(gateway));

        await here.ChangeAsync(gateway.Integration.Id, i => (i with { Tokens = gateway.Integration.Tokens }, []), Stop);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(gateway));
        await here.ChangeAsync(gateway.Integration.Id, i => (i with { Tokens = [] }, []), Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(gateway));

        await using var other = await RunningGateway.StartAsync(timers: false);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(other));
        await new IntegrationStore(other.Store).ChangeAsync(other.Integration.Id, i => (i with { Tokens = [] }, []), Stop);
        await RunningGateway.UntilAsync(async () => await AskAsync(other) == HttpStatusCode.Unauthorized, "A revoked token is taken.");

        static async Task<HttpStatusCode> AskAsync(RunningGateway gateway)
        {
            using var answer = await gateway.SendAsync(HttpMethod.Get, "Users?count=0");
            return answer.StatusCode;
        }
    }
}
