using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Domain;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.LocalHost.Storage;

namespace IdLcm.Bench.Provisioning;

/// <summary>The whole product: a SCIM create to the gateway's process ends as a verified account in the app.</summary>
internal sealed class ProductRun(string scratch, Uri app)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Accounts per minute, from the first request until the last account is verified.</summary>
    public async Task<double> RunAsync(string name, int people, int concurrency, string evidence, bool tellsSteps = false)
    {
        var workspace = await Workspace.CreateAsync(Path.Combine(scratch, name), Catalog(name, concurrency), app.AbsoluteUri.TrimEnd('/'));
        await workspace.DisposeAsync();
        var environment = new Dictionary<string, string> { ["IDLCM_Automation__Evidence"] = evidence };
        double perMinute;
        using (var server = ServerProcess.StartGateway(workspace.Data, Catalog(name, concurrency), environment))
        {
            using var connection = new HttpConnection(server.Port);
            using var api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}/api/integrations/{workspace.Integration.Id}/users/") };
            api.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(workspace.Data, "owner.key"))).Trim());

            // One account for each page that may be open: the browser is up and signed in then, as it is all day.
            await SettleAsync(api, [.. Enumerable.Range(0, concurrency * 2).Select(i => Create(connection, workspace, $"{name}-warm-up-{i}@bench.test", i))]);
            var started = Stopwatch.GetTimestamp();
            await SettleAsync(api, [.. Enumerable.Range(0, people).Select(i => Create(connection, workspace, $"{name}-{i}@bench.test", i))]);
            perMinute = people / Stopwatch.GetElapsedTime(started).TotalMinutes;
        }

        if (tellsSteps)
        {
            await TellStepsAsync(workspace, people);
        }

        return perMinute;
    }

    private static string Create(HttpConnection connection, Workspace workspace, string email, int person)
    {
        var status = connection.Exchange(HttpConnection.Request("POST", workspace.Scim("Users"), workspace.Token, $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{email}}","active":true,"name":{"givenName":"{{People.GivenName(person)}}","familyName":"{{People.FamilyName(person)}}"},"emails":[{"primary":true,"type":"work","value":"{{email}}"}],"roles":[{"value":"Editor"}]}
            """));
        return status == 201 ? (string)JsonNode.Parse(connection.Body)!["id"]! : throw new InvalidOperationException($"{status}: {Encoding.UTF8.GetString(connection.Body)}");
    }

    private static async Task SettleAsync(HttpClient api, string[] ids)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var id in ids)
        {
            while (true)
            {
                var user = JsonNode.Parse(await api.GetStringAsync(id))!;
                if ((string?)user["provisioningState"] == "Onboarded" && user["openOperationId"] is null)
                {
                    break;
                }

                if (Stopwatch.GetElapsedTime(began) > Patience || (string?)user["provisioningState"] == "Provisioning failed")
                {
                    throw new InvalidOperationException($"An account is not made: {user.ToJsonString()}");
                }

                await Task.Delay(20);
            }
        }
    }

    /// <summary>Where the time of an account goes, out of the records of the attempts.</summary>
    private static async Task TellStepsAsync(Workspace workspace, int people)
    {
        using var database = SqliteDatabase.Open(workspace.Data);
        var store = new SqliteRecordStore(database);
        var attempts = new List<OperationAttempt>();
        var operations = await AllAsync(store, workspace, Rows.Operations);
        foreach (var record in operations)
        {
            var operation = DomainJson.Decode<Operation>(record.Value);
            if (await store.FindAsync<OperationAttempt>(Rows.Partition(workspace.Integration.Id), Rows.Attempt(operation.Id, operation.Attempt)) is { } attempt)
            {
                attempts.Add(attempt.Value);
            }
        }

        // The newest are the measured ones.
        attempts = [.. attempts.OrderByDescending(attempt => attempt.StartedAt).Take(people)];
        var total = attempts.Average(attempt => (attempt.EndedAt!.Value - attempt.StartedAt).TotalMilliseconds);
        var inSteps = attempts.Average(attempt => attempt.Steps.Sum(step => step.DurationMs));
        var first = attempts.Min(attempt => attempt.StartedAt);
        var last = attempts.Max(attempt => attempt.EndedAt!.Value);
        var between = ((last - first).TotalMilliseconds / attempts.Count) - total;
        Console.WriteLine($"  An attempt takes {total:N0} ms, of that {inSteps:N0} ms in steps; between attempts {between:N0} ms.");
        foreach (var group in attempts[0].Steps.Select((step, place) => (step, place)))
        {
            var average = attempts.Where(attempt => attempt.Steps.Count > group.place).Average(attempt => attempt.Steps[group.place].DurationMs);
            Console.WriteLine($"  {average,7:N1} ms  {group.step.Verb} {group.step.Description}");
        }
    }

    private static async Task<List<StoredRecord>> AllAsync(SqliteRecordStore store, Workspace workspace, string prefix)
    {
        var records = new List<StoredRecord>();
        RecordPage? page = null;
        do
        {
            page = await store.QueryAsync(Rows.Partition(workspace.Integration.Id), RowRange.Prefix(prefix), RecordLimits.MaxPageSize, page?.Continuation);
            records.AddRange(page.Records);
        }
        while (page.Continuation is not null);
        return records;
    }

    /// <summary>The shipped connector with another concurrency.</summary>
    private string Catalog(string name, int concurrency)
    {
        var catalog = Path.Combine(scratch, name + "-catalog");
        var folder = Path.Combine(catalog, "sample-workspace");
        Directory.CreateDirectory(folder);
        var yaml = File.ReadAllText(Path.Combine(Repository.Catalog, "sample-workspace", "connector.yaml"));
        var changed = yaml.Replace("concurrency: 2", $"concurrency: {concurrency}", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "connector.yaml"), changed);
        return catalog;
    }
}
