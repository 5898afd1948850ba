using IdLcm.Domain.Sync;

namespace IdLcm.Domain.Tests.Sync;

public sealed class CronExpressionTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("*/15 * * * *", "2026-03-01T09:07:30Z", "2026-03-01T09:15:00Z")]
    [InlineData("0 3 * * *", "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z")]
    [InlineData("30 6 * * MON-FRI", "2026-03-06T07:00:00Z", "2026-03-09T06:30:00Z")]
    [InlineData("0 0 1 jan,jul *", "2026-03-01T00:00:00Z", "2026-07-01T00:00:00Z")]
    [InlineData("0 12 13 * FRI", "2026-03-01T00:00:00Z", "2026-03-06T12:00:00Z")]
    [InlineData("0 0 * * 7", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("5-20/5,50 8 * * *", "2026-03-01T08:21:00Z", "2026-03-01T08:50:00Z")]
    [InlineData("0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    public void The_next_moment_is_the_first_that_fits(string cron, string after, string expected) =>
        Assert.Equal(Time(expected), CronExpression.Parse(cron).Next(Time(after), TimeZoneInfo.Utc));

    [Fact]
    public void What_never_comes_has_no_next_moment() => Assert.Null(CronExpression.Parse("0 0 30 2 *").Next(Time("2026-03-01T00:00:00Z"), TimeZoneInfo.Utc));

    [Theory]
    [InlineData("0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")] // 03:00 in summer time
    [InlineData("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z")] // 02:30 does not exist: 03:30 instead
    [InlineData("30 2 * * *", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z")] // and once only
    [InlineData("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")] // 02:30 comes twice: the first one
    [InlineData("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")] // and not the second
    [InlineData("30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")] // but every hour means every hour
    [InlineData("*/30 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z")]
    public void Clock_changes_neither_lose_nor_double_a_run(string cron, string after, string expected) =>
        Assert.Equal(Time(expected), CronExpression.Parse(cron).Next(Time(after), Berlin));

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("60 * * * *")]
    [InlineData("* 24 * * *")]
    [InlineData("* * 0 * *")]
    [InlineData("* * * 13 *")]
    [InlineData("* * * * 8")]
    [InlineData("5-1 * * * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("a * * * *")]
    [InlineData("1-2-3 * * * *")]
    public void What_is_no_schedule_is_refused(string cron) => Assert.Throws<FormatException>(() => CronExpression.Parse(cron));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
