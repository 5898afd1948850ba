using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IdLcm.EndToEnd.Tests;
using IdLcm.LocalHost.Tests.Life;

namespace IdLcm.Posture.Tests;

/// <summary>What time does to the lifecycle: real Chromium before the sample app, real receivers, and a clock that leaps or is set.</summary>
public sealed class TimeTests
{
    [Fact]
    public async Task Receivers_that_are_slow_down_or_failing_for_an_hour_hear_of_everybody_and_hold_up_nobody()
    {
        await using var rig = await Rig.StartAsync();
        await using var failing = await Receiver.StartAsync();
        failing.Status = 500;
        await using var slow = await Receiver.StartAsync();
        var fast = new TaskCompletionSource();
        slow.Gate = fast.Task;
        var port = Product.FreePort();
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, url) in new[] { ("failing", failing.Url), ("slow", slow.Url), ("down", $"http://127.0.0.1:{port}") })
        {
            var made = await rig.DoAsync(HttpMethod.Post, "/notifications", $$"""{"kind":"Webhook","name":"{{name}}","url":"{{url}}","events":["User invited"]}""");
            secrets[name] = (string)made["signingSecret"]!;
        }

        string[] people = ["ada@example.test", "grace@example.test", "edsger@example.test"];
        await rig.UserAsync(await rig.CreateUserAsync(people[0], "0"), "Onboarded");
        await Rig.UntilAsync(() => Task.FromResult(failing.Calls.Count > 0), () => $"Nobody is told.\n{rig.Log}");
        for (var minute = 0; minute < 60; minute += 10)
        {
            rig.Clock.Leap(TimeSpan.FromMinutes(10));
            if (minute is 20 or 40)
            {
                await rig.UserAsync(await rig.CreateUserAsync(people[minute / 20], $"{minute}"), "Onboarded");
            }
        }

        var refused = failing.Calls.Count;
        Assert.All(failing.Calls, call => Assert.Contains(people, person => call.Body.Contains(person, StringComparison.Ordinal)));
        failing.Status = 200;
        fast.SetResult();
        await using var down = await Receiver.StartAsync(port);
        await Rig.UntilAsync(
            async () =>
            {
                rig.Clock.Leap(TimeSpan.FromMinutes(10));
                await Task.Delay(200, TestContext.Current.CancellationToken);
                return new[] { failing.Calls.Skip(refused), slow.Calls, down.Calls }.All(calls => ToldOf(calls).IsSupersetOf(people));
            },
            () => $"Not everybody was told of: {string.Join('\n', failing.Calls.Skip(refused).Concat(slow.Calls).Concat(down.Calls).Select(call => call.Body))}\n{rig.Log}");

        foreach (var (name, calls) in new[] { ("failing", failing.Calls), ("slow", slow.Calls), ("down", down.Calls) })
        {
            Assert.All(calls, call => Assert.Equal(Signature(secrets[name], call), call.Headers["X-IdLCM-Signature"]));
        }

        Assert.Empty((await rig.DoAsync(HttpMethod.Get, "/dead-letters"))["items"]!.AsArray());
        Assert.Equal(people.Length, rig.Audited("Member invited"));
    }

    [Fact]
    public async Task A_clock_that_is_set_forth_and_back_loses_and_repeats_nothing_and_deletes_nobody_early()
    {
        await using var rig = await Rig.StartAsync();
        await rig.DoAsync(HttpMethod.Patch, "", """{"deprovision":{"deleteAfterDays":7}}""");
        TimeSpan[] leaps = [TimeSpan.FromHours(1), TimeSpan.FromHours(-1), TimeSpan.FromMinutes(-61), TimeSpan.FromDays(1)];
        var people = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (leap, i) in leaps.Select((leap, i) => (leap, i)))
        {
            // While the browser is on its way.
            rig.Sample.Faults.Current = Samples.Testing.FaultSettings.Parse("""{"slow":100}""");
            var email = $"p{i}@example.test";
            people[email] = await rig.CreateUserAsync(email, $"{i}");
            await Rig.UntilAsync(async () => (string?)(await rig.DoAsync(HttpMethod.Get, $"/users/{people[email]}"))["provisioningState"] == "Provisioning ongoing", () => $"{email} does not begin.\n{rig.Log}");
            rig.Clock.Set(leap);
            rig.Sample.Faults.Clear();
            await rig.UserAsync(people[email], "Onboarded");
        }

        // A machine that slept for two hours: the attempt is given up, and made again.
        rig.Sample.Faults.Current = Samples.Testing.FaultSettings.Parse("""{"slow":100}""");
        people["late@example.test"] = await rig.CreateUserAsync("late@example.test", "late");
        await Rig.UntilAsync(async () => (string?)(await rig.DoAsync(HttpMethod.Get, $"/users/{people["late@example.test"]}"))["provisioningState"] == "Provisioning ongoing", () => $"Nothing begins.\n{rig.Log}");
        rig.Clock.Leap(TimeSpan.FromHours(2));
        rig.Sample.Faults.Clear();
        await rig.UserAsync(people["late@example.test"], "Onboarded");

        Assert.Equal(people.Count, rig.Audited("Member invited"));
        var (leaver, left) = ("p0@example.test", people["p0@example.test"]);
        await rig.ScimAsync(HttpMethod.Delete, $"Users/{left}");
        await Rig.UntilAsync(() => Task.FromResult(rig.Audited("Member suspended") == 1), () => $"{leaver} is not deactivated.\n{rig.Log}");
        await Rig.UntilAsync(async () => (await rig.DoAsync(HttpMethod.Get, $"/users/{left}"))["openOperationId"] is null, () => $"{leaver} does not settle.\n{rig.Log}");
        rig.Clock.Leap(TimeSpan.FromDays(6));
        rig.Clock.Set(TimeSpan.FromHours(-2));
        await rig.ProvedAsync();
        Assert.Equal(0, rig.Audited("Member removed"));
        rig.Clock.Leap(TimeSpan.FromHours(27));
        await Rig.UntilAsync(() => Task.FromResult(rig.Audited("Member removed") == 1), () => $"{leaver} is not deleted.\n{rig.Log}");

        Assert.Equal(people.Keys.Except([leaver]).Order(StringComparer.Ordinal), rig.Sample.Snapshot().Select(member => member.Email).Where(people.ContainsKey).Order(StringComparer.Ordinal));
        Assert.True((bool)(await rig.DoAsync(HttpMethod.Get, "/activity/verify"))["intact"]!);
    }

    private static HashSet<string> ToldOf(IEnumerable<ReceivedCall> calls) =>
        calls.SelectMany(call => JsonNode.Parse(call.Body)!["events"]!.AsArray()).Select(told => (string)told!["target"]!).ToHashSet(StringComparer.Ordinal);

    private static string Signature(string secret, ReceivedCall call) =>
        "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{call.Headers["X-IdLCM-Timestamp"]}.{call.Body}")));
}
