using IdLcm.Domain.Connectors;
using IdLcm.Domain.Rotation;

namespace IdLcm.Posture.Tests;

public sealed class PolicyTests
{
    [Theory]
    // Across midnight, in a zone that is not UTC: 22:00 to 04:00 in Berlin in winter is 21:00 to 03:00 UTC.
    [InlineData("22:00", "04:00", "2026-01-14T20:59:59Z", false)]
    [InlineData("22:00", "04:00", "2026-01-14T21:00:00Z", true)]
    [InlineData("22:00", "04:00", "2026-01-15T02:59:59Z", true)]
    [InlineData("22:00", "04:00", "2026-01-15T03:00:00Z", false)]
    // Spring 2026: at 2:00 the clock leaps to 3:00 (01:00 UTC). A window inside of the leap keeps its length after it.
    [InlineData("02:15", "02:45", "2026-03-29T00:59:59Z", false)]
    [InlineData("02:15", "02:45", "2026-03-29T01:15:00Z", true)]
    [InlineData("02:15", "02:45", "2026-03-29T01:44:59Z", true)]
    [InlineData("02:15", "02:45", "2026-03-29T01:45:00Z", false)]
    // One around the leap follows the clock on the wall: 22:00 to 04:00 is an hour shorter.
    [InlineData("22:00", "04:00", "2026-03-29T01:59:59Z", true)]
    [InlineData("22:00", "04:00", "2026-03-29T02:00:00Z", false)]
    // One that begins before the leap and ends inside of it.
    [InlineData("01:30", "02:30", "2026-03-29T00:45:00Z", true)]
    [InlineData("01:30", "02:30", "2026-03-29T01:45:00Z", false)]
    // Autumn 2026: 2:00 to 3:00 comes twice (00:00 to 02:00 UTC): open from the first begin to the second end.
    [InlineData("02:15", "02:45", "2026-10-25T00:15:00Z", true)]
    [InlineData("02:15", "02:45", "2026-10-25T01:44:59Z", true)]
    [InlineData("02:15", "02:45", "2026-10-25T01:45:00Z", false)]
    [InlineData("22:00", "04:00", "2026-10-25T02:59:59Z", true)]
    [InlineData("22:00", "04:00", "2026-10-25T03:00:00Z", false)]
    public void A_window_holds_across_midnight_and_clock_changes(string start, string end, string moment, bool inside) =>
        Assert.Equal(inside, new RotationWindow(TimeOnly.Parse(start), TimeOnly.Parse(end), "Europe/Berlin").Contains(DateTimeOffset.Parse(moment)));

    [Fact]
    public void A_window_of_a_day_belongs_to_the_day_on_which_it_begins()
    {
        var window = new RotationWindow(new(23, 0), new(2, 0)) { Days = ["saturday"] };
        Assert.True(window.Contains(DateTimeOffset.Parse("2026-01-17T23:30:00Z")));
        Assert.True(window.Contains(DateTimeOffset.Parse("2026-01-18T01:30:00Z")));
        Assert.False(window.Contains(DateTimeOffset.Parse("2026-01-17T01:30:00Z")));
        Assert.False(window.Contains(DateTimeOffset.Parse("2026-01-18T23:30:00Z")));
    }

    [Fact]
    public void Reasons_are_age_expiry_and_leavers()
    {
        var changed = DateTimeOffset.Parse("2026-01-01T00:00:00Z");
        Assert.Null(new RotationPolicy { MaxAgeDays = 30 }.Reason(changed, null, changed.AddDays(29.9)));
        Assert.Equal("age", new RotationPolicy { MaxAgeDays = 30 }.Reason(changed, null, changed.AddDays(30)));
        Assert.Null(new RotationPolicy { ExpiresAfterDays = 60, DaysBeforeExpiry = 10 }.Reason(changed, null, changed.AddDays(49)));
        Assert.Equal("near expiry", new RotationPolicy { ExpiresAfterDays = 60, DaysBeforeExpiry = 10 }.Reason(changed, null, changed.AddDays(50)));
        Assert.Equal("after a leaver", new RotationPolicy { AfterLeaver = true }.Reason(changed, changed.AddDays(1), changed.AddDays(2)));
        Assert.Null(new RotationPolicy { AfterLeaver = true }.Reason(changed, changed.AddDays(-1), changed.AddDays(2)));
        Assert.Null(new RotationPolicy().Reason(changed, changed.AddDays(1), changed.AddDays(2000)));
    }

    [Fact]
    public void The_lists_of_the_workspace_say_whom_policies_are_for()
    {
        var (all, own) = (new RotationPolicy { MaxAgeDays = 90 }, new RotationPolicy { MaxAgeDays = 10 });
        Assert.Same(all, new WorkspaceRotation { Policy = all }.For("a", null));
        Assert.Same(own, new WorkspaceRotation { Policy = all }.For("a", own));
        Assert.Null(new WorkspaceRotation { Policy = all, Include = ["b"] }.For("a", null));
        Assert.Same(own, new WorkspaceRotation { Policy = all, Include = ["b"] }.For("a", own));
        Assert.Null(new WorkspaceRotation { Policy = all, Exclude = ["a"] }.For("a", own));
    }

    [Fact]
    public void Generated_passwords_follow_the_rules_of_the_app_and_are_all_different()
    {
        PasswordRules[] all =
        [
            new(),
            new() { MinLength = 8, MaxLength = 8 },
            new() { Symbols = "", Require = ["lower", "upper", "digit"], MaxLength = 16 },
            new() { Symbols = "#", MaxLength = 10, MinLength = 10, Forbidden = "aeiouAEIOU0", MaxRepeat = 1, StartWithLetter = true },
            new() { Require = ["digit"], Forbidden = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", Length = 20 },
        ];
        foreach (var rules in all)
        {
            var made = Enumerable.Range(0, 200).Select(_ => PasswordGenerator.Make(rules, "jo.service-admin@acme.example")!).ToList();
            Assert.Equal(made.Count, made.Distinct().Count());
            Assert.All(made, password =>
            {
                Assert.Equal(Math.Clamp(rules.Length, rules.MinLength, rules.MaxLength), password.Length);
                Assert.True(PasswordGenerator.Follows(rules, password, "jo.service-admin@acme.example"), password);
                Assert.DoesNotContain("admin", password, StringComparison.OrdinalIgnoreCase);
            });
        }

        Assert.Null(PasswordGenerator.Make(new PasswordRules { MinLength = 20, MaxLength = 10 }, "a"));
        Assert.Null(PasswordGenerator.Make(new PasswordRules { Symbols = "" }, "a"));
    }
}
