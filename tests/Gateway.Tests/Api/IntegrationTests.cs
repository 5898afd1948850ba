using System.Text;

namespace IdLcm.Gateway.Tests.Api;

public sealed class IntegrationTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private RunningGateway Gateway => fixture.Gateway;

    private ApiClient Owner => Gateway.Owner;

    [Fact]
    public async Task Test_and_save_makes_an_integration_and_validates_it()
    {
        var created = await Owner.PostAsync("/api/integrations", Requests.NewIntegration("Help desk"));

        Assert.Equal(201, created.Status);
        Assert.Equal("no-store", created.Message.Headers.CacheControl!.ToString());
        var id = created.Text("id");
        Assert.EndsWith($"/api/integrations/{id}", created.Message.Headers.Location!.ToString());
        Assert.Equal($"{Gateway.BaseUrl}/scim/v2/{id}", created.Text("scimBaseUrl"));
        Assert.StartsWith("idlcm_gw_", created.Text("gatewayToken"));
        Assert.Equal("eu", created["settings"].GetProperty("region").GetString());
        Assert.Equal("admin@acme.test", created["serviceAccount"].GetProperty("userName").GetString());

        var validation = await Owner.ValidatedAsync($"/api/integrations/{id}", created.Text("validationOperationId"));
        Assert.Equal("Validate", validation.Text("kind"));
        Assert.Equal("Succeeded", validation.Text("status"));

        var read = await Owner.GetAsync($"/api/integrations/{id}");
        Assert.Equal("Up to date", read.Text("status"));
        Assert.True(read["validation"].GetProperty("passed").GetBoolean());
        Assert.Equal(4, read["validation"].GetProperty("findings").GetArrayLength());
        Assert.False(read.Json.TryGetProperty("gatewayToken", out _));
    }

    [Fact]
    public async Task A_refused_service_account_ends_in_validation_failed_with_what_to_do()
    {
        var integration = await Gateway.ConnectAsync("Wrong password", "not-the-password");

        var read = await Owner.GetAsync(integration.Path);

        Assert.Equal("Validation failed", read.Text("status"));
        var finding = read["validation"].GetProperty("findings")[0];
        Assert.Equal("BadCredentials", finding.GetProperty("code").GetString());
        Assert.NotEmpty(finding.GetProperty("action").GetString()!);

        var saved = await Owner.PutAsync($"{integration.Path}/service-account", new { userName = "admin@acme.test", password = "right-password" });
        Assert.Equal(200, saved.Status);
        await Owner.ValidatedAsync(integration.Path, saved.Text("validationOperationId"));
        Assert.Equal("Up to date", (await Owner.GetAsync(integration.Path)).Text("status"));

        var again = await Owner.PostAsync($"{integration.Path}/validate");
        await Owner.EndAsync(again.Text("operationId"));
        Assert.Equal("Validated", (await Owner.GetAsync(integration.Path)).Text("status"));
    }

    [Fact]
    public async Task Every_field_at_fault_is_named_and_nothing_is_made()
    {
        var before = (await Owner.GetAsync("/api/integrations?limit=200")).Items.Count;

        var refused = await Owner.PostAsync("/api/integrations", new
        {
            name = "  ",
            app = "memory-desk",
            settings = new { tenant = "ACME 1", colour = "red" },
            serviceAccount = new { userName = "", totpSecret = "not base32!" },
        });

        Assert.Equal(400, refused.Status);
        Assert.Equal("application/problem+json", refused.MediaType);
        Assert.Equal("invalid_request", refused.Text("code"));
        Assert.Equal(
            ["name", "serviceAccount.password", "serviceAccount.totpSecret", "serviceAccount.userName", "settings.colour", "settings.tenant"],
            refused["errors"].EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal(before, (await Owner.GetAsync("/api/integrations?limit=200")).Items.Count);
    }

    [Theory]
    [InlineData("acme\n", "settings.tenant")]
    [InlineData("xacmex1", "settings.tenant")]
    [InlineData("", "settings.tenant")]
    public async Task A_setting_must_match_its_pattern_as_a_whole(string tenant, string field)
    {
        var refused = await Owner.PostAsync("/api/integrations", new
        {
            name = "Pattern",
            app = "memory-desk",
            settings = new { tenant },
            serviceAccount = new { userName = "admin", password = "p" },
        });

        Assert.Equal(400, refused.Status);
        Assert.True(refused["errors"].TryGetProperty(field, out _), refused.Body);
    }

    [Fact]
    public async Task Changes_are_kept_told_in_the_activity_and_tested_again_where_they_matter()
    {
        var integration = await Gateway.ConnectAsync("Before");

        var renamed = await Owner.PatchAsync(integration.Path, new { name = "After", deprovision = new { onDelete = "deactivate" } });
        Assert.Equal(200, renamed.Status);
        Assert.Equal("After", renamed.Text("name"));
        Assert.Equal("deactivate", renamed["deprovision"].GetProperty("onDelete").GetString());
        Assert.Null(renamed["validationOperationId"].GetString());

        var moved = await Owner.PatchAsync(integration.Path, new { settings = new { region = "us" } });
        Assert.Equal("us", moved["settings"].GetProperty("region").GetString());
        Assert.Equal(integration.Tenant, moved["settings"].GetProperty("tenant").GetString());
        Assert.Equal("Succeeded", (await Owner.EndAsync(moved.Text("validationOperationId"))).Text("status"));

        var refused = await Owner.PatchAsync(integration.Path, "{\"settings\":{\"tenant\":null}}");
        Assert.Equal(400, refused.Status);

        var events = (await Owner.GetAsync($"{integration.Path}/activity?event=Settings%20changed")).Items;
        Assert.Equal(2, events.Count);
        Assert.All(events, e => Assert.Equal("First owner", e.GetProperty("actor").GetString()));
    }

    [Fact]
    public async Task A_user_schema_of_its_own_can_be_given_checked_and_taken_back()
    {
        var integration = await Gateway.ConnectAsync("Schema");
        var schema = new
        {
            attributes = new object[]
            {
                new { name = "email", label = "Email", scim = "userName", required = true, primaryIdentifier = true },
                new { name = "badge", label = "Badge number" },
            },
            roles = new[] { new { value = "Agent", displayName = "Agent" } },
        };

        var given = await Owner.PatchAsync(integration.Path, new { userSchema = schema });
        Assert.Equal(200, given.Status);
        Assert.True(given["ownUserSchema"].GetBoolean());
        Assert.Equal("badge", given["userSchema"].GetProperty("attributes")[1].GetProperty("name").GetString());

        var twoPrimaries = await Owner.PatchAsync(integration.Path, "{\"userSchema\":{\"attributes\":[{\"name\":\"a\",\"label\":\"A\",\"scim\":\"no.such path\",\"type\":\"colour\"}]}}");
        Assert.Equal(400, twoPrimaries.Status);
        Assert.Equal(
            ["userSchema.attributes", "userSchema.attributes[0].scim", "userSchema.attributes[0].type"],
            twoPrimaries["errors"].EnumerateObject().Select(p => p.Name).Order());

        var back = await Owner.PatchAsync(integration.Path, "{\"userSchema\":null}");
        Assert.False(back["ownUserSchema"].GetBoolean());
        Assert.Equal(3, back["userSchema"].GetProperty("attributes").GetArrayLength());
    }

    [Fact]
    public async Task What_a_deprovision_model_leaves_out_is_the_default()
    {
        var created = await Owner.PostAsync("/api/integrations", new
        {
            name = "Leavers",
            app = "memory-desk",
            settings = new { tenant = "acme" },
            serviceAccount = new { userName = "admin", password = "right-password" },
            deprovision = new { onDeactivate = "delete" },
        });

        Assert.Equal("delete", created["deprovision"].GetProperty("onDeactivate").GetString());
        Assert.Equal("delete", created["deprovision"].GetProperty("onDelete").GetString());
    }

    [Fact]
    public async Task What_a_change_of_a_policy_leaves_out_has_its_default_and_is_no_missing_limit()
    {
        var integration = await Gateway.ConnectAsync("Defaults");

        var saved = await Owner.PatchAsync(integration.Path, """{"safeguard":{"percent":7},"sync":{"drift":"correct"},"circuit":{"failures":9},"inboundHold":{"absolute":3}}""");
        Assert.Equal(200, saved.Status);
        var read = await Owner.GetAsync(integration.Path);
        Assert.Equal("""{"percent":7,"absolute":50,"minimumPopulation":10,"assignments":{"percent":20,"absolute":200,"minimumPopulation":20}}""", read["safeguard"].GetRawText());
        Assert.Equal("""{"schedule":null,"afterFailures":5,"drift":"correct"}""", read["sync"].GetRawText());
        Assert.Equal("""{"failures":9,"probeSeconds":30,"maxProbeSeconds":600}""", read["circuit"].GetRawText());
        Assert.Equal("""{"windowMinutes":60,"percent":20,"absolute":3,"minimumPopulation":10}""", read["inboundHold"].GetRawText());

        // Assignments have defaults of their own, given in part too.
        Assert.Equal(200, (await Owner.PatchAsync(integration.Path, """{"safeguard":{"assignments":{"percent":9}}}""")).Status);
        read = await Owner.GetAsync(integration.Path);
        Assert.Equal("""{"percent":20,"absolute":50,"minimumPopulation":10,"assignments":{"percent":9,"absolute":200,"minimumPopulation":20}}""", read["safeguard"].GetRawText());
    }

    private static async Task<IEnumerable<string?>> StatusesAsync(ApiClient owner) =>
        (await owner.GetAsync("/api/integrations")).Items.Select(i => i.GetProperty("status").GetString());

    [Fact]
    public async Task Every_integration_of_an_app_is_under_validation_until_its_first_one_is_validated()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var owner = gateway.Owner;
        var release = new TaskCompletionSource();
        gateway.App.Hold = (_, _) => release.Task;
        var first = await owner.PostAsync("/api/integrations", Requests.NewIntegration("First"));
        var second = await owner.PostAsync("/api/integrations", Requests.NewIntegration("Second"));
        Assert.Equal("Under validation", (await owner.GetAsync($"/api/integrations/{first.Text("id")}")).Text("status"));
        Assert.Equal("Under validation", (await owner.GetAsync($"/api/integrations/{second.Text("id")}")).Text("status"));

        release.SetResult();
        foreach (var created in new[] { first, second })
        {
            await owner.ValidatedAsync($"/api/integrations/{created.Text("id")}", created.Text("validationOperationId"));
        }

        Assert.Equal(["Up to date", "Up to date"], await StatusesAsync(owner));

        var reached = new TaskCompletionSource();
        release = new TaskCompletionSource();
        gateway.App.Hold = (_, _) =>
        {
            reached.TrySetResult();
            return release.Task;
        };
        var again = await owner.PostAsync($"/api/integrations/{second.Text("id")}/validate");
        Assert.Equal(202, again.Status);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        Assert.Equal(["Up to date", "Validating"], await StatusesAsync(owner));
        release.SetResult();
        await owner.EndAsync(again.Text("operationId"));
    }

    [Fact]
    public async Task The_next_oldest_integration_is_the_first_of_its_app_when_the_first_is_deleted_before_it_was_validated()
    {
        await using var gateway = await RunningGateway.StartAsync();
        var owner = gateway.Owner;
        var release = new TaskCompletionSource();
        gateway.App.Hold = (_, _) => release.Task;
        var first = await owner.PostAsync("/api/integrations", Requests.NewIntegration("First"));
        var second = await owner.PostAsync("/api/integrations", Requests.NewIntegration("Second"));
        var third = await owner.PostAsync("/api/integrations", Requests.NewIntegration("Third"));

        var deleted = await owner.PostAsync($"/api/integrations/{first.Text("id")}/delete", new { accounts = "keep", reason = "A mistake" });

        Assert.InRange(deleted.Status, 200, 204);
        Assert.Equal(["Under validation", "Under validation"], await StatusesAsync(owner));
        release.SetResult();
        foreach (var left in new[] { second, third })
        {
            await owner.ValidatedAsync($"/api/integrations/{left.Text("id")}", left.Text("validationOperationId"));
        }

        Assert.DoesNotContain("Under validation", await StatusesAsync(owner));
    }

    [Fact]
    public async Task A_pause_keeps_queued_work_until_it_is_lifted()
    {
        var integration = await Gateway.ConnectAsync("Paused");

        var paused = await Owner.PostAsync($"{integration.Path}/pause", new { reason = "Audit" });
        Assert.Equal("Audit", paused["paused"].GetProperty("reason").GetString());
        Assert.Equal("First owner", paused["paused"].GetProperty("by").GetString());
        var user = await integration.ProvisionAsync("paused@acme.test");
        var waiting = await Owner.GetAsync($"{integration.Path}/users/{user}");
        Assert.Equal("Provisioning awaiting", waiting.Text("provisioningState"));

        var resumed = await Owner.PostAsync($"{integration.Path}/resume");
        Assert.Equal(System.Text.Json.JsonValueKind.Null, resumed["paused"].ValueKind);
        Assert.Equal("Onboarded", (await Owner.SettledAsync(integration, user)).Text("provisioningState"));
        Assert.Equal("Up to date", (await Owner.GetAsync(integration.Path)).Text("status"));
        Assert.Equal(400, (await Owner.PostAsync($"{integration.Path}/pause", new { reason = "" })).Status);
    }

    [Fact]
    public async Task Lists_are_filtered_and_paged_by_name()
    {
        foreach (var name in new[] { "paging b", "Paging A", "paging c" })
        {
            await Gateway.ConnectAsync(name);
        }

        var first = await Owner.GetAsync("/api/integrations?q=PAGING&app=memory-desk&status=Up%20to%20date,Failed&limit=2");
        Assert.Equal(["Paging A", "paging b"], first.Items.Select(i => i.GetProperty("name").GetString()));
        var second = await Owner.GetAsync($"/api/integrations?q=PAGING&limit=2&cursor={first.NextCursor}");
        Assert.Equal("paging c", Assert.Single(second.Items).GetProperty("name").GetString());
        Assert.Null(second.NextCursor);
        Assert.Empty((await Owner.GetAsync("/api/integrations?q=PAGING&status=Failed")).Items);
    }

    [Theory]
    [InlineData("/api/integrations?limit=0")]
    [InlineData("/api/integrations?limit=201")]
    [InlineData("/api/integrations?limit=many")]
    [InlineData("/api/integrations?cursor=@@@")]
    [InlineData("/api/integrations?cursor=bm9uZQ")]
    [InlineData("/api/integrations?status=Happy")]
    [InlineData("/api/apps?cursor=nothing")]
    [InlineData("/api/keys?limit=-1")]
    public async Task Parameters_that_cannot_be_are_refused(string path)
    {
        var refused = await Owner.GetAsync(path);

        Assert.Equal(400, refused.Status);
        Assert.Equal("invalid_parameter", refused.Text("code"));
    }

    [Fact]
    public async Task Gateway_tokens_are_shown_once_overlap_and_can_be_revoked()
    {
        var integration = await Gateway.ConnectAsync("Tokens");
        var made = await Owner.PostAsync($"{integration.Path}/tokens", new { label = "Okta", lifetimeDays = 30, overlapHours = 1 });
        Assert.Equal(201, made.Status);
        var second = Gateway.ClientFor(made.Text("token"));

        Assert.Equal(200, (await integration.Scim.GetAsync($"/scim/v2/{integration.Id}/Users")).Status);
        Assert.Equal(200, (await second.GetAsync($"/scim/v2/{integration.Id}/Users")).Status);
        var listed = await Owner.GetAsync($"{integration.Path}/tokens");
        Assert.Equal(["Okta", "Entra ID"], listed.Items.Select(t => t.GetProperty("label").GetString()));
        Assert.DoesNotContain("hash", listed.Body, StringComparison.OrdinalIgnoreCase);

        Assert.Equal(204, (await Owner.DeleteAsync($"{integration.Path}/tokens/{made.Text("id")}")).Status);
        Assert.Equal(401, (await second.GetAsync($"/scim/v2/{integration.Id}/Users")).Status);
        Assert.Equal(404, (await Owner.DeleteAsync($"{integration.Path}/tokens/{made.Text("id")}")).Status);
        Assert.Equal(400, (await Owner.PostAsync($"{integration.Path}/tokens", new { label = "x", lifetimeDays = 0 })).Status);
    }

    [Fact]
    public async Task Secrets_are_in_no_answer_no_record_and_no_file()
    {
        const string password = "Pl4nted-Passw0rd-Zebra";
        const string totp = "JBSWY3DPEHPK3PXPJBSWY3DP";
        Gateway.App.Password = password;
        try
        {
            var created = await Owner.PostAsync("/api/integrations", new
            {
                name = "Planted",
                app = "memory-desk",
                settings = new { tenant = "acme" },
                serviceAccount = new { userName = "admin", password, totpSecret = "jbsw y3dp ehpk 3pxp jbsw y3dp" },
            });
            var id = created.Text("id");
            var validation = await Owner.EndAsync(created.Text("validationOperationId"));
            Assert.Equal("Succeeded", validation.Text("status"));
            Assert.True(created["serviceAccount"].GetProperty("hasTotp").GetBoolean());

            foreach (var path in new[] { $"/api/integrations/{id}", $"/api/integrations/{id}/activity", $"/api/integrations/{id}/operations", $"/api/integrations/{id}/tokens", "/api/keys" })
            {
                var body = (await Owner.GetAsync(path)).Body;
                Assert.DoesNotContain(password, body);
                Assert.DoesNotContain(totp, body, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(created.Text("gatewayToken"), body);
                Assert.DoesNotContain(Gateway.OwnerKey, body);
            }

            string[] planted = [password, totp, created.Text("gatewayToken"), Gateway.OwnerKey];
            foreach (var file in Directory.EnumerateFiles(Gateway.Directory, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var content = new MemoryStream();
                await stream.CopyToAsync(content);
                Assert.All(planted, secret => Assert.True(content.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"{file} holds a secret."));
            }
        }
        finally
        {
            Gateway.App.Password = "right-password";
        }
    }
}
