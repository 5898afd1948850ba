namespace IdLcm.LocalHost.Engine;

internal static class InstanceIds
{
    public const int MaxLength = 100;

    public static void Validate(string instanceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        if (instanceId.Length > MaxLength || instanceId.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException(
                $"'{instanceId}' is no instance id: 1 to {MaxLength} printable ASCII characters without spaces are.", nameof(instanceId));
        }
    }
}
