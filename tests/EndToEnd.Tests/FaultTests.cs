using System.Net;
using System.Text.Json.Nodes;
using IdLcm.Samples;
using IdLcm.Samples.Data;
using IdLcm.Samples.Testing;

namespace IdLcm.EndToEnd.Tests;

/// <summary>Every way in which the sample app can misbehave: each ends in its own failure code, with evidence, and is put right afterwards without a second account.</summary>
public sealed class FaultTests : IClassFixture<ProductFixture>
{
    private readonly Product product;
    private readonly string email = $"{Guid.NewGuid():n}@example.test";

    public FaultTests(ProductFixture fixture)
    {
        product = fixture.Product;
        product.Sample.Faults.Clear();
    }

    public static TheoryData<string, string> Faults => new()
    {
        { """{"errorPage":true}""", "AppUnavailable" },
        { """{"down":true}""", "AppUnavailable" },
        { """{"rateLimited":true}""", "RateLimited" },
        { """{"captcha":"everywhere"}""", "CaptchaOrStepUp" },
        { """{"subscriptionDeactivated":true}""", "SubscriptionDeactivated" },
        { """{"underpermissioned":true}""", "UnderpermissionedAccount" },
        { """{"renamedLabels":{"Send invite":"Invite now"}}""", "PageChanged" },
        { """{"renamedLabels":{"Email":"E-mail address"}}""", "PageChanged" },
        { """{"seatLimit":1}""", "NotEnoughSeats" },
        { """{"fakeSuccess":["invite"]}""", "VerificationFailed" },
        { """{"slow":20000}""", "Timeout" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_has_its_own_code_and_evidence_and_is_put_right(string fault, string code)
    {
        product.Sample.Faults.Current = FaultSettings.Parse(fault);

        var id = await product.CreateAsync(email);
        var operationId = (string)(await product.UserAsync(id))["openOperationId"]!;
        JsonObject operation = [];
        await Product.UntilAsync(
            async () => (operation = await product.OperationAsync(operationId))["failure"] is not null,
            TimeSpan.FromSeconds(120),
            () => $"No failure is seen: {operation.ToJsonString()}");

        Assert.Equal(code, (string?)operation["failure"]!["code"]);
        Assert.NotEmpty((string?)operation["failure"]!["action"] ?? "");
        var evidence = operation["attempts"]!.AsArray().SelectMany(a => a!["evidence"]!.AsArray()).ToList();
        Assert.NotEmpty(evidence);
        Assert.NotEmpty(await product.BytesAsync((string)evidence[0]!["href"]!));

        product.Sample.Faults.Clear();
        if (code == "NotEnoughSeats")
        {
            // Nobody new is accepted until a reading has shown that there is room again.
            var sync = await product.ApiAsync(HttpMethod.Post, $"integrations/{product.IntegrationId}/sync");
            await product.ApiAsync(HttpMethod.Get, $"operations/{(string)sync["operationId"]!}?wait=50");
        }

        if ((string?)operation["status"] == "Failed")
        {
            await product.ApiAsync(HttpMethod.Post, $"operations/{operationId}/retry", expect: HttpStatusCode.Accepted);
        }

        await product.SettledAsync(id, "Onboarded", TimeSpan.FromSeconds(120));
        Assert.Single(product.Sample.Snapshot(), m => m.Email == email);
        Assert.Single(Audited("Member invited"));
    }

    [Fact]
    public async Task A_session_that_expires_again_and_again_is_renewed()
    {
        product.Sample.Faults.Current = FaultSettings.Parse("""{"sessionRequests":7}""");

        var id = await product.CreateAsync(email);
        await product.SettledAsync(id, "Onboarded");
        product.Sample.Faults.ExpireSessions();
        await product.PatchAsync(id, """{"op":"Replace","path":"active","value":false}""");
        await product.SettledAsync(id, "Onboarded");

        Assert.Single(Audited("Member invited"));
        Assert.Single(Audited("Member suspended"));
    }

    [Fact]
    public async Task An_answer_lost_after_the_commit_step_is_settled_by_reading()
    {
        product.Sample.Faults.Current = FaultSettings.Parse("""{"crashAfterCommit":1}""");

        var id = await product.CreateAsync(email);
        await product.SettledAsync(id, "Onboarded");

        Assert.Single(Audited("Member invited"));
    }

    [Fact]
    public async Task A_role_that_changes_three_times_within_a_second_costs_one_visit_of_the_browser()
    {
        var id = await product.CreateAsync(email, role: "Viewer");
        await product.SettledAsync(id, "Onboarded");

        // Slow enough that the first change is not in the app before the last one is accepted.
        product.Sample.Faults.Current = FaultSettings.Parse("""{"slow":400}""");
        foreach (var role in new[] { "Editor", "Viewer", "Billing" })
        {
            await product.PatchAsync(id, $$"""{"op":"Replace","path":"roles","value":[{"value":"{{role}}"}]}""");
        }

        var user = await product.SettledAsync(id, "Onboarded");
        product.Sample.Faults.Clear();
        Assert.Equal(Role.Billing, product.Member(email)!.Role);
        var updates = (await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/operations?kind=Update&userId={id}"))["items"]!.AsArray();
        var visit = Assert.Single(updates)!;
        Assert.Equal(((string?)user["lastOperationId"], 1), ((string?)visit["id"], (int)visit["attempt"]!));
    }

    [Fact]
    public async Task A_moved_button_is_a_changed_page_and_nothing_is_removed()
    {
        var id = await product.CreateAsync(email);
        await product.SettledAsync(id, "Onboarded");
        product.Sample.Faults.Current = FaultSettings.Parse("""{"movedButton":true}""");

        await product.DeleteAsync(id);
        var operationId = (string)(await product.UserAsync(id))["openOperationId"]!;
        JsonObject operation = [];
        await Product.UntilAsync(
            async () => (operation = await product.OperationAsync(operationId))["failure"] is not null, TimeSpan.FromSeconds(60), () => operation.ToJsonString());
        Assert.Equal("PageChanged", (string?)operation["failure"]!["code"]);
        Assert.NotNull(product.Member(email));

        product.Sample.Faults.Clear();
        await product.SettledAsync(id, "Deleted");
        Assert.Null(product.Member(email));
    }

    [Fact]
    public async Task A_short_list_is_an_incomplete_read_never_a_shorter_truth()
    {
        await using var crowded = await Product.StartAsync(new SampleAppOptions { Members = 60, Seats = 500 });
        crowded.Sample.Faults.Current = FaultSettings.Parse("""{"shortList":1}""");

        var started = await crowded.ApiAsync(HttpMethod.Post, $"integrations/{crowded.IntegrationId}/validate", expect: HttpStatusCode.Accepted);
        var operation = await crowded.ApiAsync(HttpMethod.Get, $"operations/{(string)started["operationId"]!}?wait=50");

        Assert.Equal(("Failed", "IncompleteRead"), ((string?)operation["status"], (string?)operation["failure"]!["code"]));
    }

    [Fact]
    public async Task Pending_people_that_the_app_hides_are_not_invited_twice()
    {
        product.Sample.Faults.Current = FaultSettings.Parse("""{"hidePending":true}""");

        var id = await product.CreateAsync(email);
        var operationId = (string)(await product.UserAsync(id))["openOperationId"]!;
        await Product.UntilAsync(
            async () => (await product.OperationAsync(operationId))["failure"] is not null, TimeSpan.FromSeconds(90), product.ReadLog);
        product.Sample.Faults.Clear();
        await product.SettledAsync(id, "Onboarded", TimeSpan.FromSeconds(90));

        Assert.Single(Audited("Member invited"));
    }

    private IEnumerable<AuditEntry> Audited(string what) => product.Sample.Audit().Where(entry => entry.Event == what && entry.Target.Contains(email, StringComparison.Ordinal));
}
