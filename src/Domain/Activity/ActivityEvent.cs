namespace IdLcm.Domain.Activity;

/// <summary>One entry of the audit trail of an integration. Append-only.</summary>
public sealed record ActivityEvent
{
    /// <summary>Its id; ids in key order are oldest first.</summary>
    public required string Id { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Who.</summary>
    public required string Actor { get; init; }

    /// <summary>What.</summary>
    public required ActivityKind Event { get; init; }

    /// <summary>On whom or what.</summary>
    public required string Target { get; init; }

    /// <summary>The SCIM user, where it is about one.</summary>
    public string? UserId { get; init; }

    /// <summary>The operation, where there is one.</summary>
    public string? OperationId { get; init; }

    /// <summary>More, in words; never a secret.</summary>
    public string? Detail { get; init; }

    /// <summary>Makes an event of a moment, with an id in its order.</summary>
    /// <param name="now">When.</param>
    /// <param name="actor">Who.</param>
    /// <param name="kind">What.</param>
    /// <param name="target">On whom or what.</param>
    /// <param name="detail">More, in words; never a secret.</param>
    /// <param name="userId">The SCIM user, where it is about one.</param>
    /// <param name="operationId">The operation, where there is one.</param>
    /// <returns>The event.</returns>
    public static ActivityEvent Of(
        DateTimeOffset now, string actor, ActivityKind kind, string target, string? detail = null, string? userId = null, string? operationId = null) => new()
        {
            Id = Ids.OldestFirst(now),
            Date = now,
            Actor = actor,
            Event = kind,
            Target = target,
            UserId = userId,
            OperationId = operationId,
            Detail = detail,
        };
}
