using System.Net;
using IdLcm.Samples.Data;

namespace IdLcm.EndToEnd.Tests;

public sealed class StoryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_person_joins_moves_and_leaves_through_the_apps_own_pages()
    {
        await using var product = await Product.StartAsync();
        var validation = await product.OperationAsync(product.ValidationOperationId);
        Assert.Equal("Succeeded", (string?)validation["status"]);

        // Joiner
        var id = await product.CreateAsync("ada@example.test", role: "Editor", extra: ""","title":"Countess" """);
        var user = await product.SettledAsync(id, "Onboarded");
        var member = product.Member("ada@example.test")!;
        Assert.Equal(("Ada", "Byron", Role.Editor), (member.FirstName, member.LastName, member.Role));
        Assert.Equal("Countess", member.JobTitle);
        var operation = await product.OperationAsync((string)user["lastOperationId"]!);
        Assert.Equal("Succeeded", (string?)operation["status"]);
        Assert.Contains("Send invite", operation["attempts"]!.ToJsonString(), StringComparison.Ordinal);

        // Mover
        await product.PatchAsync(id, """{"op":"Replace","path":"name.familyName","value":"King"},{"op":"Replace","path":"roles","value":[{"value":"Billing"}]}""");
        await product.SettledAsync(id, "Onboarded");
        Assert.Equal(("King", Role.Billing), (product.Member("ada@example.test")!.LastName, product.Member("ada@example.test")!.Role));

        // A new address moves the account, it does not make another.
        await product.PatchAsync(id, """{"op":"replace","value":{"userName":"ada.king@example.test","emails[type eq \"work\"].value":"ada.king@example.test"}}""");
        await product.SettledAsync(id, "Onboarded");
        Assert.Null(product.Member("ada@example.test"));
        Assert.NotNull(product.Member("ada.king@example.test"));

        // Leaver, back again, and gone
        await product.PatchAsync(id, """{"op":"Replace","path":"active","value":"False"}""");
        Assert.False((bool)(await product.SettledAsync(id, "Onboarded"))["activeInApp"]!);
        Assert.Equal(MemberStatus.Suspended, product.Member("ada.king@example.test")!.Status);
        await product.PatchAsync(id, """{"op":"Replace","path":"active","value":"True"}""");
        Assert.True((bool)(await product.SettledAsync(id, "Onboarded"))["activeInApp"]!);
        await product.DeleteAsync(id);
        await product.SettledAsync(id, "Deleted");
        Assert.Null(product.Member("ada.king@example.test"));
        Assert.Equal(HttpStatusCode.NotFound, (await product.ScimAsync(HttpMethod.Get, $"Users/{id}")).StatusCode);

        Assert.Equal(
            ["Member invited", "Member changed", "Member changed", "Member changed", "Member changed", "Member suspended", "Member reactivated", "Member removed"],
            product.Sample.Audit().Where(a => a.Event.StartsWith("Member", StringComparison.Ordinal)).Select(a => a.Event));
        Assert.Equal(0, await product.StopGatewayAsync());
    }

    [Theory]
    [InlineData("Zoë O'Brien-Çelik", "Müller \"the second\"")]
    [InlineData("<script>alert(1)</script>", "{identifier} {{email}}")]
    [InlineData("  Ada  Maria", "Ωμέγα 数字 🎼")]
    public async Task A_name_is_only_ever_a_name(string given, string family)
    {
        await using var product = await Product.StartAsync();

        var id = await product.CreateAsync("odd@example.test", given, family);
        await product.SettledAsync(id, "Onboarded");

        var member = product.Member("odd@example.test")!;
        Assert.Equal((given.Trim(), family), (member.FirstName, member.LastName));
    }

    [Fact]
    public async Task A_service_account_with_a_one_time_code_signs_in()
    {
        await using var product = await Product.StartAsync(new() { DataDirectory = "", AdminTotp = "JBSWY3DPEHPK3PXP", Members = 0, Seats = 10 });
        Assert.Equal("Succeeded", (string?)(await product.OperationAsync(product.ValidationOperationId))["status"]);

        var id = await product.CreateAsync("ada@example.test", role: null);
        await product.SettledAsync(id, "Onboarded");
        Assert.NotNull(product.Member("ada@example.test"));
    }

    [Fact]
    public async Task A_wrong_password_or_workspace_is_found_by_the_validation()
    {
        await using var wrongPassword = await Product.StartAsync(integration: body => body["serviceAccount"]!["password"] = "wrong");
        var operation = await wrongPassword.OperationAsync(wrongPassword.ValidationOperationId);
        Assert.Equal(("Failed", "BadCredentials"), ((string?)operation["status"], (string?)operation["failure"]!["code"]));

        await using var wrongWorkspace = await Product.StartAsync(integration: body => body["settings"]!["workspaceId"] = "ws-other");
        operation = await wrongWorkspace.OperationAsync(wrongWorkspace.ValidationOperationId);
        Assert.Equal(("Failed", "InvalidBusinessId"), ((string?)operation["status"], (string?)operation["failure"]!["code"]));
        var view = await wrongWorkspace.ApiAsync(HttpMethod.Get, $"integrations/{wrongWorkspace.IntegrationId}");
        Assert.Equal("Validation failed", (string?)view["status"]);
    }
}
