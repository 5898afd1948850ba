using System.Text.RegularExpressions;

namespace IdLcm.Functions.Tests.Infra;

/// <summary>
/// What a compiler of Bicep would say of infra/, as far as its grammar and its tree tell, and what the product demands of
/// it besides. The compiler itself runs in .github/workflows/ci.yml.
/// </summary>
public sealed partial class BicepTests
{
    // One version of each type, so that an upgrade is one decision. Where each comes from: the list of versions at
    // https://learn.microsoft.com/azure/templates/TYPE, for example …/azure/templates/microsoft.keyvault/vaults. Most of them were
    // looked up in public templates besides, on 2026-11-29, the others have the version of a sibling that was; containerApps with 'kind: functionapp' in the version below,
    // which is a preview.
    private static readonly Dictionary<string, string> Versions = new(StringComparer.Ordinal)
    {
        ["Microsoft.App/containerApps"] = "2025-02-02-preview",
        ["Microsoft.App/managedEnvironments"] = "2025-01-01",
        ["Microsoft.Authorization/roleAssignments"] = "2022-04-01",
        ["Microsoft.ContainerRegistry/registries"] = "2023-07-01",
        ["Microsoft.DurableTask/schedulers"] = "2025-11-01",
        ["Microsoft.DurableTask/schedulers/taskHubs"] = "2025-11-01",
        ["Microsoft.Insights/actionGroups"] = "2023-01-01",
        ["Microsoft.Insights/components"] = "2020-02-02",
        ["Microsoft.Insights/diagnosticSettings"] = "2021-05-01-preview",
        ["Microsoft.Insights/metricAlerts"] = "2018-03-01",
        ["Microsoft.Insights/scheduledQueryRules"] = "2023-12-01",
        ["Microsoft.KeyVault/vaults"] = "2024-11-01",
        ["Microsoft.ManagedIdentity/userAssignedIdentities"] = "2024-11-30",
        ["Microsoft.Network/networkSecurityGroups"] = "2024-05-01",
        ["Microsoft.Network/privateDnsZones"] = "2024-06-01",
        ["Microsoft.Network/privateDnsZones/virtualNetworkLinks"] = "2024-06-01",
        ["Microsoft.Network/privateEndpoints"] = "2024-05-01",
        ["Microsoft.Network/privateEndpoints/privateDnsZoneGroups"] = "2024-05-01",
        ["Microsoft.Network/virtualNetworks"] = "2024-05-01",
        ["Microsoft.OperationalInsights/workspaces"] = "2025-02-01",
        ["Microsoft.Resources/resourceGroups"] = "2024-11-01",
        ["Microsoft.Storage/storageAccounts"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts/blobServices"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts/blobServices/containers"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts/tableServices"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts/tableServices/tables"] = "2024-01-01",
        ["Microsoft.Web/serverfarms"] = "2024-04-01",
        ["Microsoft.Web/sites"] = "2024-04-01",
    };

    // Name and id as the pages below https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/ have them; looked up
    // again on 2026-11-29.
    private static readonly Dictionary<string, string> Roles = new(StringComparer.Ordinal)
    {
        // …/built-in-roles/storage
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
        ["db58b8e5-c6ad-4a2a-8342-4190687cbf4a"] = "Storage Blob Delegator",

        // …/built-in-roles/security
        ["b86a8fe4-44ce-4948-aee5-eccb2c155cd7"] = "Key Vault Secrets Officer",
        ["4633458b-17de-408a-b874-0445c86b69e6"] = "Key Vault Secrets User",

        // …/built-in-roles/monitor
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",

        // …/built-in-roles/containers
        ["7f951dda-4ed3-4680-a7ca-43fe172d538d"] = "AcrPull",

        // …/built-in-roles/integration
        ["0ad04412-c4d5-4796-b79c-f76d14c8d402"] = "Durable Task Data Contributor",
    };

    // https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions: those that are used here.
    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "allowed", "cidrSubnet", "concat", "description", "empty", "environment", "guid", "items", "json", "map", "max", "maxLength", "maxValue",
        "minLength", "minValue", "startsWith", "string", "subscription", "subscriptionResourceId", "tenant", "union", "uniqueString",
    };

    public static TheoryData<string> Files => [.. BicepFile.All.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_is_good_Bicep_by_its_grammar(string name)
    {
        var wrong = File(name).Root.All.Where(node => node.Type is "ERROR" or "MISSING").Select(node => $"{name}:{node.Line}");

        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_name_that_is_used_is_declared_and_every_declared_one_is_used(string name)
    {
        var file = File(name);
        var used = References(file.Root, new HashSet<string>(StringComparer.Ordinal)).ToLookup(reference => reference.Name, reference => reference.Declared);
        var declared = file.Parameters.Concat(file.Variables).Concat(file.Resources).Concat(file.Modules).Select(BicepFile.NameOf).ToList();

        Assert.Distinct(declared);
        var undeclared = used.Where(uses => uses.Any(inScope => !inScope)).Select(uses => uses.Key).Except(declared, StringComparer.Ordinal);
        var unused = file.Parameters.Concat(file.Variables).Select(BicepFile.NameOf).Where(declaration => !used.Contains(declaration));
        Assert.Empty(undeclared);
        Assert.Empty(unused);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Only_functions_that_exist_are_called_and_none_that_reads_a_key(string name)
    {
        var calls = File(name).Root.Of("call_expression")
            .Select(call => call.Children[0])
            .Select(function => function.Type == "identifier" ? function.Leaf! : function.Children[^1].Leaf!);

        var unknown = calls.Except(Functions, StringComparer.Ordinal);
        Assert.Empty(unknown);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_parameter_and_output_is_described(string name)
    {
        var file = File(name);

        Assert.All(file.Parameters.Concat(file.Outputs), declaration => Assert.Contains(
            file.DecoratorsOf(declaration), decorator => decorator.Of("identifier").First().Leaf == "description" && decorator.Of("string_content").Any()));
    }

    [Fact]
    public void Every_module_gets_the_parameters_that_it_has_and_gives_the_outputs_that_are_read()
    {
        foreach (var module in BicepFile.Main.Modules)
        {
            var target = BicepFile.All.Single(file => file.Path.EndsWith(module.Children[1].Text!["modules/".Length..], StringComparison.Ordinal));
            var given = module.Property("params")!.Children.Where(child => child.Type == "object_property").Select(property => property.Children[0].Text!).ToList();
            var required = target.Parameters.Where(parameter => parameter.Children.Count == 2).Select(BicepFile.NameOf);

            Assert.Equal(target.Parameters.Select(BicepFile.NameOf).Order(StringComparer.Ordinal), given.Union(required).Order(StringComparer.Ordinal));
            Assert.Empty(required.Except(given));
        }

        var text = System.IO.File.ReadAllText(BicepFile.Main.Path);
        foreach (Match read in OutputReads().Matches(text))
        {
            var module = BicepFile.Main.Modules.Single(module => BicepFile.NameOf(module) == read.Groups["module"].Value);
            var target = BicepFile.All.Single(file => file.Path.EndsWith(module.Children[1].Text!["modules/".Length..], StringComparison.Ordinal));
            Assert.Contains(read.Groups["output"].Value, target.Outputs.Select(BicepFile.NameOf));
        }

        Assert.Equal(BicepFile.All.Count - 1, BicepFile.Main.Modules.Count());
    }

    [Fact]
    public void Every_resource_has_the_one_pinned_version_of_its_type()
    {
        foreach (var resource in BicepFile.All.SelectMany(file => file.Resources))
        {
            var parts = resource.Children[1].Text!.Split('@');
            Assert.True(Versions.TryGetValue(parts[0], out var version), parts[0]);
            Assert.Equal(version, parts[1]);
        }

        Assert.Equal(Versions.Keys.Order(StringComparer.Ordinal), TypesInUse());
    }

    [Fact]
    public void Every_resource_that_can_be_tagged_is()
    {
        string[] untaggable =
            ["roleAssignments", "diagnosticSettings", "blobServices", "containers", "immutabilityPolicies", "tableServices", "tables", "taskHubs", "privateDnsZoneGroups"];

        Assert.All(
            BicepFile.All.SelectMany(file => file.Resources).Where(resource => !untaggable.Contains(TypeOf(resource).Split('/')[^1]) && !IsExisting(resource)),
            resource => Assert.True(resource.Property("tags") is not null, BicepFile.NameOf(resource)));
    }

    [Theory]
    [InlineData("container-apps.bicep", "Microsoft.App/containerApps")]
    [InlineData("premium.bicep", "Microsoft.Web/sites")]
    public void What_runs_the_product_has_the_user_assigned_identity_and_no_other(string file, string type)
    {
        var app = File(file).Resources.Single(resource => TypeOf(resource) == type);

        Assert.Equal("UserAssigned", app.Property("identity.type")!.Text);
        Assert.Equal("identityId", Assert.Single(app.Property("identity.userAssignedIdentities")!.Of("interpolation")).Children[0].Leaf);
    }

    [Fact]
    public void A_role_assignment_names_a_role_of_the_table_gives_it_within_one_resource_and_says_to_whom()
    {
        var ids = BicepFile.All.SelectMany(file => file.Variables.Select(variable => (file, variable)))
            .Where(found => Guid.TryParse(found.variable.Children[^1].Text, out _)).ToList();
        foreach (var (file, variable) in ids)
        {
            // The line above says which role it is, and why.
            var comment = file.Root.Children[file.Root.Children.ToList().IndexOf(variable) - 1];
            Assert.StartsWith($"// {Roles[variable.Children[^1].Text!]}: ", comment.Leaf, StringComparison.Ordinal);
        }

        Assert.Equal(Roles.Keys.Order(StringComparer.Ordinal), ids.Select(found => found.variable.Children[^1].Text!).Order(StringComparer.Ordinal));
        var assignments = BicepFile.All.SelectMany(file => file.Resources).Where(resource => TypeOf(resource) == "Microsoft.Authorization/roleAssignments").ToList();
        Assert.Equal(6, assignments.Count);
        Assert.All(assignments, assignment =>
        {
            Assert.NotNull(assignment.Property("scope"));
            Assert.NotNull(assignment.Property("properties.principalType"));
            Assert.Equal("guid", assignment.Property("name")!.Children[0].Leaf);
        });
    }

    [Theory]
    [InlineData("storage.bicep", "account", "properties.allowSharedKeyAccess", "false")]
    [InlineData("storage.bicep", "account", "properties.allowBlobPublicAccess", "false")]
    [InlineData("storage.bicep", "account", "properties.defaultToOAuthAuthentication", "true")]
    [InlineData("storage.bicep", "account", "properties.supportsHttpsTrafficOnly", "true")]
    [InlineData("key-vault.bicep", "vault", "properties.enableRbacAuthorization", "true")]
    [InlineData("key-vault.bicep", "vault", "properties.enableSoftDelete", "true")]
    [InlineData("key-vault.bicep", "vault", "properties.enablePurgeProtection", "true")]
    [InlineData("monitoring.bicep", "insights", "properties.DisableLocalAuth", "true")]
    [InlineData("registry.bicep", "registry", "properties.adminUserEnabled", "false")]
    [InlineData("registry.bicep", "registry", "properties.anonymousPullEnabled", "false")]
    [InlineData("container-apps.bicep", "containers", "properties.configuration.ingress.allowInsecure", "false")]
    [InlineData("premium.bicep", "sites", "properties.httpsOnly", "true")]
    public void Nothing_opens_without_the_identity(string file, string resource, string property, string value)
    {
        var declared = File(file).Resources.Single(candidate => BicepFile.NameOf(candidate) == resource);

        Assert.Equal(value, declared.Property(property)!.Leaf);
    }

    private static BicepFile File(string name) => BicepFile.All.Single(file => file.Name == name);

    private static string TypeOf(BicepNode resource) => resource.Children[1].Text!.Split('@')[0];

    private static bool IsExisting(BicepNode resource) => resource.Property("location") is null && resource.Property("properties") is null && resource.Property("parent") is null;

    private static IEnumerable<string> TypesInUse() =>
        BicepFile.All.SelectMany(file => file.Resources).Select(TypeOf).Distinct().Order(StringComparer.Ordinal);

    /// <summary>The names that expressions use, and whether a loop or a lambda around them declares them.</summary>
    private static IEnumerable<(string Name, bool Declared)> References(BicepNode node, IReadOnlySet<string> scope)
    {
        var children = node.Children.AsEnumerable();
        switch (node.Type)
        {
            case "parameter_declaration" or "variable_declaration" or "resource_declaration" or "module_declaration" or "output_declaration":
                children = children.Where(child => child.Type is not ("type" or "comment")).Skip(1);
                break;
            case "object_property":
                children = node.Children[0].Type == "identifier" ? children.Skip(1) : children;
                break;
            case "call_expression":
                children = node.Children[0].Type == "identifier" ? children.Skip(1) : children;
                break;
            case "for_statement":
                var loop = node.Children[0].Type == "identifier" ? [node.Children[0].Leaf!] : node.Children[0].Children.Select(name => name.Leaf!);
                children = children.Skip(1);
                scope = scope.Union(loop).ToHashSet(StringComparer.Ordinal);
                break;
            case "lambda_expression":
                scope = scope.Append(node.Children[0].Leaf!).ToHashSet(StringComparer.Ordinal);
                children = children.Skip(1);
                break;
            case "identifier":
                yield return (node.Leaf!, scope.Contains(node.Leaf!));
                yield break;
        }

        foreach (var reference in children.SelectMany(child => References(child, scope)))
        {
            yield return reference;
        }
    }

    [GeneratedRegex(@"\b(?<module>\w+)!?\.outputs\.(?<output>\w+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OutputReads();
}
