using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using IdLcm.LocalHost.Tests.Lifecycle;
using static IdLcm.LocalHost.Tests.Scim.Wire;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>
/// Random requests over real HTTP: never a 5xx, never part of a change, and what a PATCH did is what a dictionary says.
/// <c>IDLCM_FUZZ_CASES</c> sets the number of cases of each property for a long run.
/// </summary>
public sealed class FuzzTests : IAsyncLifetime
{
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("IDLCM_FUZZ_CASES"), out var n) ? n : RunningGateway.FuzzCases;

    private static readonly string[] Words =
    [
        "userName", "USERNAME", "name", "name.givenName", "displayName", "active", "emails", "emails[type eq \"work\"].value", "roles", "addresses", "members",
        "schemas", "id", "meta", "meta.created", "externalId", "password", "groups", "groups.value", "value", "type", "primary", "$ref", Enterprise, Enterprise + ":manager",
        "manager", Provisioning, Provisioning + ":state", "Operations", "op", "path", "filter", "bulkId", "method", "data", "failOnErrors", "version", "", "]", "é", "a.b.c", ":", "nope",
    ];

    private static readonly Gen<string> Text = Gen.Elements(
        "", "a", "True", "false", "work", "7", "1e400", "2020-01-01T00:00:00Z", "add", "Remove", "replace", "\\ud800", "\\u0000", "\\n", "😀", "x\\\"y", "/Users", "/Groups", "POST",
        "bulkId:1", "PATCH", "/Users/bulkId:1", "DELETE", "members[value eq \\\"u1\\\"]", "emails[type eq \\\"work\\\"].value", "urn:ietf:params:scim:api:messages:2.0:PatchOp", Enterprise);

    private static readonly Gen<string> Filter =
        from terms in Gen.Elements(
            "userName eq \"a\"", "title pr", "not (title pr)", "emails[type eq \"work\"].value co \"@\"", "groups.value eq \"x\"", "members eq \"x\"", "active eq true", "active gt false",
            "meta.created gt \"2020\"", "id eq \"../..\"", "(", ")", "and", "or", "externalId eq 7a", "manager eq \"\"", $"{Provisioning}:state eq \"Onboarded\"", "roles[", "\"", "eq", "\\u0000",
            "emails[emails[a eq 1]]", "displayName sw \"\uD83D\uDE00\"", "meta.resourceType eq \"Group\"", "schemas pr", "password eq \"x\"", "nope lt -1e99").NonEmptyListOf().Resize(5)
        from joins in Gen.Elements(" and ", " or ", " ").ArrayOf(5)
        select string.Concat(terms.Select((term, i) => i == 0 ? term : joins[i % joins.Length] + term));

    private static readonly Gen<string> Parameters =
        (from name in Gen.Elements("filter", "FILTER", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes", "x")
         from value in Gen.OneOf(Filter, Gen.Elements("", "-1", "0", "999999999999999999999", "4611686018427387904", "1.5", "ascending", "userName", "groups", "a,b,,", "%00", "AAAAAAAAAAAAAAAAAAAAAAAA", "é", "meta.created"))
         select $"{name}={Uri.EscapeDataString(value)}").ListOf().Resize(4).Select(p => string.Join('&', p));

    private static Gen<string> Json(int depth)
    {
        var leaf = Gen.OneOf(Text.Select(s => $"\"{s}\""), Gen.Elements("null", "true", "false", "0", "-1.5e3", "99999999999999999999999999", "1e999", "nul", "01"));
        if (depth == 0)
        {
            return leaf;
        }

        var inner = Json(depth - 1);
        var pairs = (from name in Gen.Elements(Words) from v in inner select (name, v)).ArrayOf().Resize(6);
        return Gen.Frequency(
            (2, leaf),
            (2, inner.ArrayOf().Resize(4).Select(items => $"[{string.Join(',', items)}]")),
            (4, pairs.Select(list => "{" + string.Join(',', list.Select(p => $"\"{p.name.Replace("\"", "\\\"", StringComparison.Ordinal)}\":{p.v}")) + "}")));
    }

    private static readonly Gen<byte[]> Bytes = Gen.Frequency(
        (6, Json(4).Select(Encoding.UTF8.GetBytes)),
        (2, from json in Json(3) from at in Gen.Choose(0, 200) from b in Gen.Choose(0, 255) select Broken(json, at, (byte)b)),
        (2, from op in Gen.Elements("add", "Replace", "remove") from path in Gen.Elements(Words) from value in Json(2)
            select Encoding.UTF8.GetBytes($$"""{"Operations":[{"op":"replace","path":"title","value":"partly"},{"op":"{{op}}","path":"{{path.Replace("\"", "\\\"", StringComparison.Ordinal)}}","value":{{value}}}]}""")),
        (1, Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf()));

    private static readonly Gen<(string Method, string Path)> Targets = Gen.Elements(
        ("POST", "Users"), ("PUT", "Users/{user}"), ("PATCH", "Users/{user}"), ("PATCH", "Users/{user}"), ("POST", "Users/.search"), ("POST", ".search"), ("POST", "Bulk"),
        ("POST", "Groups"), ("PUT", "Groups/{group}"), ("PATCH", "Groups/{group}"), ("PATCH", "Groups/{group}"), ("POST", "Groups/.search"), ("PATCH", "Users/none"));

    private RunningGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await PausedAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    /// <summary>Draws the cases first and plays them side by side then: a case is a request, and requests are many at once.</summary>
    private static async Task ForEachAsync<T>(Gen<T> gen, Func<int, T, Task> play)
    {
        const int lanes = 8;
        var cases = new List<T>(Cases);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithQuietOnSuccess(true), Prop.ForAll(gen.ToArbitrary(), drawn => cases.Add(drawn)));
        var queue = new ConcurrentQueue<T>(cases);
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(async lane =>
        {
            while (queue.TryDequeue(out var next))
            {
                await play(lane, next);
            }
        }));
    }

    private async Task<(HttpStatusCode Status, string Text)> SendAsync(string method, string path, byte[]? body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/scim+json");
        }

        using var response = await gateway.Scim.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static byte[] Broken(string json, int at, byte value)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        bytes[at % bytes.Length] = value;
        return bytes;
    }

    private static void CheckAnswer(HttpStatusCode status, string text, string what)
    {
        Assert.True((int)status < 500, $"{(int)status} {text} for {what}");
        if ((int)status >= 400)
        {
            Assert.Equal("urn:ietf:params:scim:api:messages:2.0:Error", (string)JsonNode.Parse(text)!["schemas"]![0]!);
        }
    }

    [Fact]
    public async Task A_hostile_body_is_refused_whole_or_taken_whole()
    {
        var users = await gateway.UsersAsync("hostile", 8);
        var groups = new List<string>();
        foreach (var user in users)
        {
            groups.Add(await gateway.GroupAsync($"g {user}", user));
        }

        await ForEachAsync(from target in Targets from body in Bytes select (target, body), async (lane, input) =>
        {
            var (method, path) = (input.target.Method, input.target.Path.Replace("{user}", users[lane], StringComparison.Ordinal).Replace("{group}", groups[lane], StringComparison.Ordinal));
            var isTargeted = path != input.target.Path;
            var before = isTargeted ? await SendAsync("GET", path, null) : default;
            var (status, text) = await SendAsync(method, path, input.body);
            CheckAnswer(status, text, $"{method} {path} {Encoding.UTF8.GetString(input.body)}");
            if (isTargeted && (int)status >= 400)
            {
                Assert.Equal(before, await SendAsync("GET", path, null));
            }
        });
    }

    [Fact]
    public Task Hostile_queries_are_answered_or_refused() => ForEachAsync(
        from endpoint in Gen.Elements("Users", "Groups", "Roles", "", "Users/none", "Schemas", "ResourceTypes") from query in Parameters select $"{endpoint}?{query}",
        async (_, path) =>
        {
            var (status, text) = await SendAsync("GET", path, null);
            CheckAnswer(status, text, path);
        });

    private static readonly string[] Paths =
    [
        "title", "displayName", "active", "name.givenName", "name.familyName", Enterprise + ":department", Enterprise + ":manager.value",
        "emails[type eq \"work\"].value", "emails[type eq \"home\"].value", "phoneNumbers[type eq \"mobile\"].value", "addresses[type eq \"work\"].locality",
    ];

    private sealed record Step(bool Entra, string Path, string? Value);

    private static readonly Gen<Step> Steps =
        from entra in Gen.Elements(true, false)
        from path in Gen.Elements(Paths)
        from value in path == "active" ? Gen.Elements<string?>("true", "false") : Gen.Elements<string?>("a", "B", "ç 😀", null)
        select new Step(entra, path, value);

    private static string Render(Step step)
    {
        var path = step.Path.Replace("\"", "\\\"", StringComparison.Ordinal);
        return (step.Entra, step.Value) switch
        {
            (true, null) => $$"""{"op":"Replace","path":"{{path}}","value":null}""",
            (false, null) => $$"""{"op":"replace","value":{"{{path}}":null} }""",
            (true, { } value) => $$"""{"op":"Add","path":"{{path}}","value":"{{value}}"}""",
            (false, { } value) => $$"""{"op":"replace","value":{"{{path}}":{{(step.Path == "active" ? value : $"\"{value}\"")}}} }""",
        };
    }

    /// <summary>What an answer shows at a path, found without any of our own code.</summary>
    private static string? Shown(JsonObject user, string path)
    {
        JsonNode? at = user;
        var rest = path;
        if (path.StartsWith(Enterprise, StringComparison.Ordinal))
        {
            (at, rest) = (user[Enterprise], path[(Enterprise.Length + 1)..]);
        }

        foreach (var part in rest.Split('.'))
        {
            var bracket = part.IndexOf('[', StringComparison.Ordinal);
            at = bracket < 0 ? at?[part] : at?[part[..bracket]]?.AsArray().FirstOrDefault(e => part.Contains($"\"{(string?)e!["type"]}\"", StringComparison.Ordinal));
        }

        return at?.ToJsonString().Trim('"') is { } text ? System.Text.RegularExpressions.Regex.Unescape(text) : null;
    }

    [Fact]
    public async Task A_PATCH_and_a_GET_agree_with_a_dictionary()
    {
        var users = await gateway.UsersAsync("model", 8);
        var models = users.Select(_ => new Dictionary<string, string>(StringComparer.Ordinal) { ["active"] = "true" }).ToList();
        await ForEachAsync(Steps.NonEmptyListOf().Resize(6), async (lane, steps) =>
        {
            foreach (var step in steps)
            {
                if (step.Value is null)
                {
                    models[lane].Remove(step.Path);
                }
                else
                {
                    models[lane][step.Path] = step.Value;
                }
            }

            (await gateway.PatchOpsAsync($"Users/{users[lane]}", string.Join(',', steps.Select(Render)))).Is(HttpStatusCode.OK);
            var shown = (await gateway.GetAsync($"Users/{users[lane]}")).Body!;
            Assert.All(Paths, path => Assert.Equal(models[lane].GetValueOrDefault(path), Shown(shown, path)));
        });
    }
}
