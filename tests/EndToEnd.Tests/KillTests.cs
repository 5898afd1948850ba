using System.Net;
using System.Text.Json.Nodes;
using IdLcm.Samples.Data;

namespace IdLcm.EndToEnd.Tests;

/// <summary>The promise: nothing that was answered is lost, and nothing is done twice, whatever is killed.</summary>
public sealed class KillTests
{
    private const int People = 60;
    private const int Kills = 22;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_again_and_again_every_accepted_change_is_in_the_app_exactly_once()
    {
        await using var product = await Product.StartAsync();
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var people = Enumerable.Range(0, People).Select(i => new Person($"person{i:00}@example.test")).ToList();
        using var done = new CancellationTokenSource();
        var writer = Task.Run(() => WriteAsync(product, people, new Random(seed + 1), done.Token), Stop);

        for (var i = 0; i < Kills; i++)
        {
            await Task.Delay(random.Next(300, 2500), Stop);
            await product.KillGatewayAsync();
            await product.StartGatewayAsync();
        }

        await writer;
        Assert.All(people, person => Assert.True(person.Finished, $"{person.Email} was not written to the end; seed {seed}."));
        foreach (var person in people)
        {
            // Who left before anything was made in the app is never made there.
            var neverMade = !person.Active && !Audit(product, person).Contains("Member invited");
            await product.SettledAsync(person.Id, person.Deleted || neverMade ? "Deleted" : "Onboarded", TimeSpan.FromSeconds(300));
            Check(product, person, neverMade, seed);
        }

        await CheckActivityAsync(product, people, seed);
        await product.StopGatewayAsync();
        await Histories.ReplayAllAsync(product.Data);
    }

    /// <summary>Plays the identity provider: sends each change until it is answered, and then never again.</summary>
    private static async Task WriteAsync(Product product, List<Person> people, Random random, CancellationToken cancellationToken)
    {
        foreach (var person in people)
        {
            person.Id = await CreateAsync(product, person, cancellationToken);
            person.Requests++;
            await Task.Delay(random.Next(200), cancellationToken);
        }

        foreach (var person in people)
        {
            if (random.Next(2) == 0)
            {
                await OnboardedAsync(product, person, cancellationToken);
            }

            switch (random.Next(4))
            {
                case 0:
                    person.Title = $"Title {random.Next(100)}";
                    await SendAsync(product, HttpMethod.Patch, $"Users/{person.Id}", Patch($$"""{"op":"Replace","path":"title","value":"{{person.Title}}"}"""), cancellationToken);
                    break;
                case 1:
                    person.Role = Role.Billing;
                    await SendAsync(product, HttpMethod.Patch, $"Users/{person.Id}", Patch("""{"op":"Replace","path":"roles","value":[{"value":"Billing"}]}"""), cancellationToken);
                    break;
                case 2:
                    person.Active = false;
                    await SendAsync(product, HttpMethod.Patch, $"Users/{person.Id}", Patch("""{"op":"Replace","path":"active","value":false}"""), cancellationToken);
                    break;
                default:
                    person.Deleted = true;
                    await SendAsync(product, HttpMethod.Delete, $"Users/{person.Id}", null, cancellationToken);
                    break;
            }

            person.Finished = true;
        }
    }

    private static async Task OnboardedAsync(Product product, Person person, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if ((string?)(await product.UserAsync(person.Id))["provisioningState"] == "Onboarded")
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It is being killed just now.
            }

            await Task.Delay(200, cancellationToken);
        }
    }

    private static List<string> Audit(Product product, Person person) =>
        [.. product.Sample.Audit().Where(a => a.Target == person.Email || a.Detail.Contains(person.Email, StringComparison.Ordinal)).Select(a => a.Event)];

    private static async Task<string> CreateAsync(Product product, Person person, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var response = await product.ScimAsync(HttpMethod.Post, "Users", Product.Person(person.Email));
                if (response.StatusCode == HttpStatusCode.Created)
                {
                    return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!["id"]!;
                }

                // The answer was lost with the process, but the wish was kept: an identity provider looks it up.
                Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
                using var found = await product.ScimAsync(HttpMethod.Get, $"Users?filter=userName eq \"{person.Email}\"");
                return (string)JsonNode.Parse(await found.Content.ReadAsStringAsync(cancellationToken))!["Resources"]![0]!["id"]!;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    private static async Task SendAsync(Product product, HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var response = await product.ScimAsync(method, path, body);
                Assert.True(
                    response.IsSuccessStatusCode || (method == HttpMethod.Delete && response.StatusCode == HttpStatusCode.NotFound),
                    $"{method} {path}: {(int)response.StatusCode}");
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    private static string Patch(string operation) => $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operation}}]}""";

    private static void Check(Product product, Person person, bool neverMade, int seed)
    {
        var member = product.Member(person.Email);
        Assert.True((person.Deleted || neverMade) == member is null, $"{person.Email}: deleted {person.Deleted}, in the app {member is not null}; seed {seed}");
        if (member is not null)
        {
            Assert.Equal((person.Title, person.Role, person.Active), (member.JobTitle, member.Role, member.Status != MemberStatus.Suspended));
        }

        var audit = Audit(product, person);
        Assert.True(audit.Count(a => a == "Member invited") <= 1, $"{person.Email} was invited more than once: {string.Join(", ", audit)}; seed {seed}");
        Assert.True(audit.Count(a => a == "Member removed") <= 1, $"{person.Email} was removed more than once: {string.Join(", ", audit)}; seed {seed}");
        Assert.True(audit.Count(a => a == "Member suspended") <= 1, $"{person.Email} was suspended more than once: {string.Join(", ", audit)}; seed {seed}");
    }

    private static async Task CheckActivityAsync(Product product, List<Person> people, int seed)
    {
        var events = new List<JsonObject>();
        string? cursor = null;
        do
        {
            var page = await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/activity?limit=200{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            events.AddRange(page["items"]!.AsArray().Select(e => e!.AsObject()));
            cursor = (string?)page["nextCursor"];
        }
        while (cursor is not null);

        foreach (var person in people)
        {
            var own = events.Where(e => (string?)e["target"] == person.Email).Select(e => (string)e["event"]!).ToList();
            Assert.True(own.Contains("User invite requested"), $"{person.Email} has no request in the activity; seed {seed}: {string.Join(", ", own)}");
            if (person.Deleted)
            {
                Assert.True(own.Contains("User removed"), $"{person.Email} has no removal in the activity; seed {seed}: {string.Join(", ", own)}");
            }
        }

        Assert.Equal(events.Count, events.Select(e => (string?)e["id"]).Distinct().Count());
        await Product.UntilAsync(
            async () => (bool)(await product.ApiAsync(HttpMethod.Get, $"integrations/{product.IntegrationId}/activity/verify"))["intact"]!,
            TimeSpan.FromSeconds(20),
            () => "The activity chain is broken.");
    }

    private sealed class Person(string email)
    {
        public string Email { get; } = email;

        public string Id { get; set; } = "";

        public string Title { get; set; } = "";

        public Role Role { get; set; } = Role.Editor;

        public bool Active { get; set; } = true;

        public bool Deleted { get; set; }

        public bool Finished { get; set; }

        public int Requests { get; set; }
    }
}
