using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Tests;

public sealed class Timing(Lab lab, ITestOutputHelper output)
{
    [Fact]
    public async Task Shows_times()
    {
        var site = await lab.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            var opened = await lab.Runner.OpenAsync(site.Request);
            output.WriteLine($"open {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds:0}");
            foreach (var s in opened.Steps) output.WriteLine($"  {s.Verb}/{s.Index} {s.Description} {s.DurationMs:0.0} {s.Outcome}");
            await using var session = opened.Session!;
            start = System.Diagnostics.Stopwatch.GetTimestamp();
            var r = await session.RunAsync(Site.Call(ConnectorVerb.CreateUser, new { email = $"jo{i}@new.test", givenName = "Jo", familyName = "Lee", roles = new[] { "Editor" } }));
            output.WriteLine($"create {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} {r.Failure}");
            foreach (var s in r.Steps) output.WriteLine($"  {s.Verb}/{s.Index} {s.Description} {s.DurationMs:0.0} {s.Outcome}");
        }
    }
}
