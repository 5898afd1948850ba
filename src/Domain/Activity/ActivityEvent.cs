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
}
