namespace IdLcm.Domain.Connectors;

/// <summary>What the page shows now that is nearest to what a step looked for in vain: a proposal, never applied by itself.</summary>
/// <param name="Line">Line of the locator in the connector's text, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
/// <param name="Wanted">What was looked for, in words: <c>button "Send invite"</c>.</param>
/// <param name="Kind">How the new element is named: <c>role</c>, <c>label</c>, <c>placeholder</c> or <c>text</c>.</param>
/// <param name="Role">Its ARIA role, for <c>role</c>; else null.</param>
/// <param name="Name">Its name, label, placeholder or text.</param>
/// <param name="IsTemplate">True where the name is written as connectors write it, with the placeholders of what was looked for: <c>Change {email}</c>.</param>
public sealed record LocatorRepair(int Line, int Column, string Wanted, string Kind, string? Role, string Name, bool IsTemplate = false)
{
    /// <summary>The new element in words: <c>button "Send invitation"</c>.</summary>
    /// <returns>The words.</returns>
    public string Words() => Kind switch
    {
        "role" => $"{Role} \"{Name}\"",
        "placeholder" => $"field with placeholder \"{Name}\"",
        "label" => $"field \"{Name}\"",
        _ => $"text \"{Name}\"",
    };
}

/// <summary>How a repair of a connector came out.</summary>
/// <param name="Version">The version that was made; null where none was.</param>
/// <param name="Problem">Why not, as a sentence; null where one was.</param>
public sealed record RepairedConnector(string? Version, string? Problem);
