using System.Reflection;
using IdLcm.Domain.Workflows;
using IdLcm.Functions.Hosting;
using IdLcm.Gateway.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>What the Functions host is told of the edition: part of its public face, so each line is asserted.</summary>
public sealed class FunctionMetadataTests
{
    private const string Everything = "get head post put patch delete options";

    [Theory]
    [InlineData("health", "healthz", "get head", false)]
    [InlineData("readiness", "readyz", "get head", false)]
    [InlineData("pages", "{*path}", Everything, true)]
    [InlineData("management-api", "api/{*rest}", Everything, true)]
    [InlineData("operation-status", "api/operations/{*rest}", Everything, true)]
    [InlineData("scim-users", "scim/v2/{gatewayId}/Users/{*id}", Everything, true)]
    [InlineData("scim-groups", "scim/v2/{gatewayId}/Groups/{*id}", Everything, true)]
    [InlineData("scim-roles", "scim/v2/{gatewayId}/Roles/{*id}", Everything, true)]
    [InlineData("scim-entitlements", "scim/v2/{gatewayId}/Entitlements/{*id}", Everything, true)]
    [InlineData("scim-bulk", "scim/v2/{gatewayId}/Bulk", Everything, true)]
    [InlineData("scim-service-provider-config", "scim/v2/{gatewayId}/ServiceProviderConfig", Everything, true)]
    [InlineData("scim-resource-types", "scim/v2/{gatewayId}/ResourceTypes/{*id}", Everything, true)]
    [InlineData("scim-schemas", "scim/v2/{gatewayId}/Schemas/{*id}", Everything, true)]
    [InlineData("scim-root", "scim/v2/{gatewayId}/{*rest}", Everything, true)]
    public void An_HTTP_function_has_its_route_and_methods_and_is_anonymous_to_the_host(string name, string route, string methods, bool startsWork)
    {
        var function = Assert.Single(FunctionIndex.All, function => function.Name == name);

        Assert.Equal(route, function.Http!.Route);
        Assert.Equal(methods.Split(' '), function.Http.Methods);
        Assert.Equal(AuthorizationLevel.Anonymous, function.Http.AuthLevel);
        Assert.Equal(startsWork, function.BindsClient);
    }

    [Theory]
    [InlineData("lanes", "*/5 * * * * *", true)]
    [InlineData("upkeep", "*/5 * * * * *", false)]
    [InlineData("due-work", "*/15 * * * * *", false)]
    [InlineData("queue-watch", "30 * * * * *", false)]
    [InlineData("retention", "0 17 2 * * *", true)]
    public void A_timer_has_its_schedule(string name, string schedule, bool startsWork)
    {
        var function = Assert.Single(FunctionIndex.All, function => function.Name == name);

        Assert.Equal(schedule, function.Timer!.Schedule);
        Assert.Equal(startsWork, function.BindsClient);
    }

    [Fact]
    public void Every_workflow_and_activity_of_the_product_is_a_function_under_its_own_name_and_nothing_else_is()
    {
        using var services = new ServiceCollection().AddLogging().AddGateway().BuildServiceProvider();

        Assert.Equal(
            services.GetServices<IWorkflow>().Select(workflow => workflow.Name).Order(StringComparer.Ordinal),
            FunctionIndex.All.Where(function => function.Trigger is OrchestrationTriggerAttribute).Select(function => function.Name));
        Assert.Equal(
            ActivityNames(),
            FunctionIndex.All.Where(function => function.Trigger is ActivityTriggerAttribute).Select(function => function.Name));
    }

    [Fact]
    public void All_functions_are_named_in_these_tests()
    {
        var named = typeof(FunctionMetadataTests).GetMethods()
            .SelectMany(method => method.GetCustomAttributes<InlineDataAttribute>())
            .Select(data => data.Data[0] as string);

        Assert.Equal(
            FunctionIndex.All.Where(function => function.Http is not null || function.Timer is not null).Select(function => function.Name),
            named.Where(name => FunctionIndex.All.Any(function => function.Name == name)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_function_is_public_and_its_name_is_one_that_the_host_takes()
    {
        Assert.All(FunctionIndex.All, function =>
        {
            Assert.Matches("^[A-Za-z][A-Za-z0-9_-]{0,127}$", function.Name);
            Assert.True(function.Method.IsPublic && function.Method.DeclaringType!.IsPublic, function.Name);
            Assert.Single(function.Method.DeclaringType!.GetConstructors());
        });
        Assert.Distinct(FunctionIndex.All.Select(function => function.Name), StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("gateway", false, true)]
    [InlineData("automation", true, false)]
    [InlineData("all", true, true)]
    public void A_role_has_the_functions_that_it_needs_and_always_its_health(string role, bool automation, bool requests)
    {
        IList<IFunctionMetadata> functions = [.. FunctionIndex.All];

        new RoleFilter(Enum.Parse<EditionRole>(role, ignoreCase: true)).Transform(functions);

        var left = functions.Cast<IndexedFunction>().ToList();
        Assert.Contains(left, function => function.Name == "health");
        Assert.Equal(automation, left.Exists(function => function.Trigger is OrchestrationTriggerAttribute));
        Assert.Equal(automation, left.Exists(function => function.Trigger is ActivityTriggerAttribute));
        Assert.Equal(requests, left.Exists(function => function.Name == "scim-users"));
        Assert.Equal(requests, left.Exists(function => function.Timer is not null));
    }

    [Theory]
    [InlineData("IdLcm:Role", "worker")]
    [InlineData("IdLcm:Role", "7")]
    [InlineData("IdLcm:PublicUrl", "http://gateway.example.com")]
    [InlineData("IdLcm:HistoryUrl", "javascript:alert(1)")]
    [InlineData("IdLcm:HistoryDays", "0")]
    [InlineData("IdLcm:Retry:Nonsense", "1")]
    public void A_setting_that_cannot_be_read_is_refused_by_name(string key, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();

        var refused = Assert.Throws<InvalidDataException>(() => AzureEditionOptions.Read(configuration));

        Assert.Contains(key.Split(':')[1], refused.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> ActivityNames() => typeof(IActivity).Assembly.GetTypes()
        .Where(type => type.IsAssignableTo(typeof(IActivity)) && !type.IsAbstract)
        .Select(type => (string)type.GetField("ActivityName")!.GetRawConstantValue()!)
        .Order(StringComparer.Ordinal);
}
