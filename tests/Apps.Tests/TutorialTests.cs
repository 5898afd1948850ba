using System.Text.RegularExpressions;
using IdLcm.Samples;

namespace IdLcm.Apps.Tests;

/// <summary>The tutorial does what it says: its files are written and its commands run as they stand.</summary>
public sealed partial class TutorialTests
{
    private const string Address = "http://127.0.0.1:5080";
    private const string StartApp = "dotnet run --project samples/SampleApp -- --data /tmp/northwind --urls http://127.0.0.1:5080";

    [Fact]
    public async Task Every_command_of_the_tutorial_works()
    {
        using var cli = new Cli();
        await using var app = await SampleAppHost.StartAsync(new SampleAppOptions { DataDirectory = Path.Combine(cli.Directory, "northwind") }, TestContext.Current.CancellationToken);
        var url = app.BaseAddress.GetLeftPart(UriPartial.Authority);
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "connector-tutorial.md"), TestContext.Current.CancellationToken);
        var environment = new List<(string, string)>();
        var ran = 0;
        var started = false;
        foreach (Match block in Block().Matches(text))
        {
            var body = block.Groups["body"].Value;
            if (block.Groups["file"].Success)
            {
                cli.Write(block.Groups["file"].Value, body.Replace(Address, url, StringComparison.Ordinal));
                continue;
            }

            foreach (var line in body.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var words = Word().Matches(line).Select(w => w.Value.Replace("'", "", StringComparison.Ordinal).Replace(Address, url, StringComparison.Ordinal)).ToList();
                if (words is ["export", var pair])
                {
                    environment.Add((pair[..pair.IndexOf('=', StringComparison.Ordinal)], pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]));
                }
                else if (words[0] == "dotnet")
                {
                    // The app is up already, on a port of its own.
                    Assert.Equal(StartApp, line);
                    started = true;
                }
                else
                {
                    // Whatever else a reader is told to type is typed here too.
                    Assert.Equal("idlcm", words[0]);
                    var (code, output, error) = await cli.RunAsync(words[1..], [.. environment]);
                    Assert.True(code == 0, $"{line}\n{output}\n{error}");
                    ran++;
                }
            }
        }

        Assert.True(started && ran >= 9, "the tutorial lost its commands");
        Assert.DoesNotContain(app.Snapshot(), m => m.Email.StartsWith("idlcm-check", StringComparison.Ordinal));
    }

    [GeneratedRegex("^```(?<kind>sh|yaml|json)(?: file=(?<file>\\S+))?\\n(?<body>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 2000)]
    private static partial Regex Block();

    [GeneratedRegex("(?:'[^']*'|[^\\s'])+", RegexOptions.None, matchTimeoutMilliseconds: 2000)]
    private static partial Regex Word();
}
