using System.Diagnostics;
using System.Text.Json.Nodes;
using IdLcm.Dev.Up;
using IdLcm.LocalHost.Cli.Remote;

namespace IdLcm.Dev.Demo;

/// <summary>One person joins, moves and leaves. Each part is told as it happens, and checked in the gateway and in the app.</summary>
internal sealed class LifecycleStory
{
    private const string Email = "ada@example.com";
    private static readonly TimeSpan PartLimit = TimeSpan.FromSeconds(90);

    private readonly Environs _environs;
    private readonly List<string> _operations = [];
    private int _part;

    /// <summary>Prepares the story.</summary>
    /// <param name="environs">Where it happens.</param>
    public LifecycleStory(Environs environs) => _environs = environs;

    /// <summary>Tells it.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A task that ends with the story.</returns>
    /// <exception cref="DevException">Something was not as it should be.</exception>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        using var scim = new ScimClient(_environs.ScimBaseUrl, _environs.GatewayToken);
        using var client = new ManagementClient(new Uri(_environs.DashboardUrl), _environs.ApiKey);
        using var app = new SampleAppVisitor(_environs.SampleAppUrl);
        var id = "";

        await PartAsync("Ada joins as an Editor", 201, "Onboarded", ("Ada Lovelace", "Editor", "Pending"), async () =>
        {
            var answer = await scim.CreateAsync(Email, "Ada", "Lovelace", "Editor", cancellationToken);
            id = (string?)answer.Body?["id"] ?? "";
            return answer;
        });
        await PartAsync("She changes her name", 200, "Onboarded", ("Ada Byron", "Editor", "Pending"), () => scim.ReplaceAsync(id, "name.familyName", "Byron", cancellationToken));
        await PartAsync("She becomes responsible for billing", 200, "Onboarded", ("Ada Byron", "Billing", "Pending"),
            () => scim.ReplaceAsync(id, "roles", new JsonArray(new JsonObject { ["value"] = "Billing" }), cancellationToken));
        await PartAsync("She is away: active=false", 200, "Onboarded", ("Ada Byron", "Billing", "Suspended"), () => scim.ReplaceAsync(id, "active", false, cancellationToken));
        await PartAsync("She is back: active=true", 200, "Onboarded", ("Ada Byron", "Billing", null), () => scim.ReplaceAsync(id, "active", true, cancellationToken));
        await PartAsync("She leaves for good", 204, "Deleted", null, () => scim.DeleteAsync(id, cancellationToken));
        await ActivityAsync(client, cancellationToken);

        Task PartAsync(string title, int status, string state, (string Name, string Role, string? Status)? member, Func<Task<ScimAnswer>> act) =>
            TellPartAsync(client, app, title, new Expectation(status, state, member), act, cancellationToken);
    }

    private async Task TellPartAsync(
        ManagementClient client, SampleAppVisitor app, string title, Expectation expected, Func<Task<ScimAnswer>> act, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(PartLimit);
        Console.WriteLine();
        Console.WriteLine($"{++_part}. {title}");
        var began = Stopwatch.GetTimestamp();
        var answer = await act();
        Console.WriteLine($"   The gateway answers {answer.Status} after {answer.Duration.TotalMilliseconds:F0} ms");
        Check(answer.Status == expected.Status, $"The gateway should answer {expected.Status}: {answer.Body?.ToJsonString()}");

        try
        {
            await OperationAsync(client, limit.Token);
            var state = await StateAsync(client, limit.Token);
            Console.WriteLine($"   {state} after {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
            Check(state == expected.State, $"The user should be {expected.State}.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DevException(1, $"'{title}' was not done within {PartLimit.TotalSeconds:F0} s.");
        }

        var member = await app.FindAsync(Email, cancellationToken);
        Console.WriteLine(member is { } shown ? $"   The app's members page shows: {shown.Name}, {shown.Role}, {shown.Status}" : "   The app's members page does not list her");
        Check(
            expected.Member is { } wanted
                ? member is { } there && there.Name == wanted.Name && there.Role == wanted.Role && (wanted.Status is null ? there.Status != "Suspended" : there.Status == wanted.Status)
                : member is null,
            expected.Member is { } m ? $"The app should show {m.Name}, {m.Role}, {m.Status ?? "not suspended"}." : "The app should not list her.");
    }

    // The newest operation that was not told yet.
    private async Task OperationAsync(ManagementClient client, CancellationToken cancellationToken)
    {
        var newest = (await client.ListAsync($"api/integrations/{_environs.IntegrationId}/operations", 5, cancellationToken))
            .FirstOrDefault(item => (string?)item["target"] == Email && !_operations.Contains((string?)item["id"] ?? "", StringComparer.Ordinal))
            ?? throw new DevException(1, "The gateway shows no operation for it.");
        var id = (string)newest["id"]!;
        _operations.Add(id);
        var ended = await new OperationFollower(client, line => Console.WriteLine("     " + line)).FollowAsync(id, cancellationToken);
        var changes = string.Join("; ", (ended["changes"] as JsonArray ?? []).Select(change => change?.ToString()));
        Console.WriteLine($"   {ended["kind"]} {ended["status"]}{(changes.Length > 0 ? $": {changes}" : "")}");
        Check((string?)ended["status"] == "Succeeded", $"The operation should succeed: {ended["failure"]?["code"]} {ended["failure"]?["detail"]}");
    }

    private async Task<string?> StateAsync(ManagementClient client, CancellationToken cancellationToken)
    {
        var users = await client.ListAsync($"api/integrations/{_environs.IntegrationId}/users?q={Uri.EscapeDataString(Email)}", 5, cancellationToken);
        return users is [var user, ..] ? (string?)user["provisioningState"] : "Deleted";
    }

    private async Task ActivityAsync(ManagementClient client, CancellationToken cancellationToken)
    {
        var events = await client.ListAsync($"api/integrations/{_environs.IntegrationId}/activity", 100, cancellationToken);
        Console.WriteLine();
        Console.WriteLine($"{++_part}. What the audit trail says (newest first)");
        foreach (var item in events)
        {
            Console.WriteLine($"   {item["actor"],-24} {item["event"],-28} {item["target"]}");
        }

        foreach (var wanted in new[] { "User invited", "User updated", "User removed", "Health validated", "SCIM integration connected" })
        {
            Check(events.Any(item => (string?)item["event"] == wanted), $"The audit trail should hold '{wanted}'.");
        }
    }

    private static void Check(bool asItShouldBe, string otherwise)
    {
        if (!asItShouldBe)
        {
            throw new DevException(1, otherwise);
        }
    }

    private sealed record Expectation(int Status, string State, (string Name, string Role, string? Status)? Member);
}
