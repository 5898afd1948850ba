namespace IdLcm.Functions.Orchestrations;

/// <summary>Which instance ids every back-end of Durable Functions bears: they become keys of tables and names of blobs.</summary>
internal static class InstanceIds
{
    public const int MaxLength = 100;

    public static void Validate(string instanceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        if (instanceId.Length > MaxLength || instanceId.AsSpan().ContainsAnyExceptInRange('!', '~') || instanceId.AsSpan().ContainsAny("/\\#?") || instanceId[0] == '@')
        {
            throw new ArgumentException(
                $"'{instanceId}' is no instance id: 1 to {MaxLength} printable ASCII characters without spaces, '/', '\\', '#', '?' and a leading '@' are.",
                nameof(instanceId));
        }
    }
}
