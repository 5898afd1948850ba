using IdLcm.Domain.Activity;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Api;

/// <summary>Which events are asked for, as the parameters say it.</summary>
internal sealed record ActivityFilter(string? Q, string? Events, string? Actor, string? From, string? To)
{
    /// <summary>Reads the parameters.</summary>
    public bool TryRead(out Func<ActivityEvent, bool>? matches, out IResult? problem)
    {
        matches = null;
        if (!Filters.TryText(Q, "q", out var text, out problem)
            || !Filters.TryText(Actor, "actor", out var actor, out problem)
            || !Filters.TryEnum<ActivityKind>(Events, "event", out var kinds, out problem)
            || !Filters.TryTime(From, "from", out var start, out problem)
            || !Filters.TryTime(To, "to", out var end, out problem))
        {
            return false;
        }

        matches = item =>
            kinds?.Contains(item.Event) != false
            && (start is null || item.Date >= start)
            && (end is null || item.Date < end)
            && (actor is null || string.Equals(item.Actor, actor, StringComparison.OrdinalIgnoreCase))
            && Filters.Contains(text, item.Actor, item.Target, item.Detail, EnumNames<ActivityKind>.Of(item.Event), item.OperationId);
        return true;
    }
}
