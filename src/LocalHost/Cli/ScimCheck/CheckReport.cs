using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using IdLcm.LocalHost.Cli.Output;

namespace IdLcm.LocalHost.Cli.ScimCheck;

/// <summary>How a check ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckVerdict>))]
internal enum CheckVerdict
{
    /// <summary>The server does what is asked.</summary>
    Pass,

    /// <summary>It does not.</summary>
    Fail,

    /// <summary>It could not be tried.</summary>
    Skip,
}

/// <summary>One check and how it ended.</summary>
/// <param name="Id">Its stable name, for example <c>patch.entra.active</c>.</param>
/// <param name="Title">What is checked.</param>
/// <param name="Reason">Who asks for it: an RFC section or a client.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Detail">Why it failed or was skipped; null after a pass.</param>
/// <param name="Exchange">The request and answer that it failed on, or null.</param>
internal sealed record CheckResult(string Id, string Title, string Reason, CheckVerdict Verdict, string? Detail = null, ScimCheckExchange? Exchange = null);

/// <summary>What all checks found.</summary>
/// <param name="Url">The server.</param>
/// <param name="Results">The results in their order.</param>
internal sealed record CheckReport(string Url, IReadOnlyList<CheckResult> Results)
{
    /// <summary>True when nothing failed.</summary>
    public bool Passed => Count(CheckVerdict.Fail) == 0;

    /// <summary>How many ended so.</summary>
    public int Count(CheckVerdict verdict) => Results.Count(result => result.Verdict == verdict);

    /// <summary>Writes the report for people.</summary>
    public void WriteText(TextWriter output)
    {
        output.WriteLine($"SCIM server {Url}");
        foreach (var area in Results.GroupBy(result => result.Id.Split('.')[0]))
        {
            output.WriteLine();
            output.WriteLine(area.Key);
            foreach (var result in area)
            {
                output.WriteLine($"  {result.Verdict.ToString().ToUpperInvariant()}  {result.Title}");
                if (result.Verdict != CheckVerdict.Pass)
                {
                    output.WriteLine($"        {result.Detail} [{result.Id}]");
                }

                if (result.Verdict == CheckVerdict.Fail)
                {
                    output.WriteLine($"        why: {result.Reason}");
                    if (result.Exchange is { } exchange)
                    {
                        output.WriteLine($"        > {exchange.Request}");
                        output.WriteLine($"        < {exchange.Answer}");
                    }
                }
            }
        }

        output.WriteLine();
        output.WriteLine($"{Count(CheckVerdict.Pass)} passed, {Count(CheckVerdict.Fail)} failed, {Count(CheckVerdict.Skip)} skipped");
    }

    /// <summary>Writes the report for scripts: one line of JSON.</summary>
    public void WriteJson(TextWriter output) => output.WriteJson(new JsonObject
    {
        ["url"] = Url,
        ["passed"] = Count(CheckVerdict.Pass),
        ["failed"] = Count(CheckVerdict.Fail),
        ["skipped"] = Count(CheckVerdict.Skip),
        ["checks"] = new JsonArray([.. Results.Select(Describe)]),
    });

    private static JsonObject Describe(CheckResult result)
    {
        var described = new JsonObject
        {
            ["id"] = result.Id,
            ["title"] = result.Title,
            ["reason"] = result.Reason,
            ["verdict"] = result.Verdict.ToString().ToLowerInvariant(),
        };
        if (result.Detail is not null)
        {
            described["detail"] = result.Detail;
        }

        if (result is { Verdict: CheckVerdict.Fail, Exchange: { } exchange })
        {
            described["request"] = exchange.Request;
            described["response"] = exchange.Answer;
        }

        return described;
    }
}
