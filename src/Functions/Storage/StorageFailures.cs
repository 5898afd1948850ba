using System.Globalization;
using Azure;
using Azure.Identity;
using IdLcm.Domain.Storage;

namespace IdLcm.Functions.Storage;

/// <summary>What the storage clients throw, in the words of the ports.</summary>
internal static class StorageFailures
{
    /// <summary>True for what the clients throw when the service refuses, is busy or cannot be reached.</summary>
    /// <param name="failure">The exception.</param>
    /// <returns>The answer.</returns>
    public static bool IsStorageFailure(Exception failure) =>
        failure is RequestFailedException or AuthenticationFailedException or IOException or TimeoutException
        || (failure is OperationCanceledException canceled && !canceled.CancellationToken.IsCancellationRequested)
        || (failure is AggregateException several && several.InnerExceptions.All(IsStorageFailure));

    /// <summary>True when trying again may help: no answer, too busy, an error of the service.</summary>
    /// <param name="failure">What a client threw.</param>
    /// <returns>The answer.</returns>
    public static bool IsTransient(Exception failure) => failure switch
    {
        RequestFailedException refused => refused.Status is 0 or 408 or 429 or >= 500,
        AuthenticationFailedException => false,
        _ => IsStorageFailure(failure),
    };

    /// <summary>How long the service asked to wait.</summary>
    /// <param name="failure">What a client threw.</param>
    /// <returns>The time, or zero.</returns>
    public static TimeSpan RetryAfter(Exception failure) =>
        failure is RequestFailedException refused
        && refused.GetRawResponse() is { } response
        && response.Headers.TryGetValue("Retry-After", out var seconds)
        && int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var wait)
            ? TimeSpan.FromSeconds(wait)
            : TimeSpan.Zero;

    /// <summary>The port's exception for a failure that changed nothing.</summary>
    /// <param name="what">What was tried, for example "reading a record".</param>
    /// <param name="failure">What a client threw.</param>
    /// <returns>The exception.</returns>
    public static RecordStoreUnavailableException Unavailable(string what, Exception failure) =>
        new($"Azure Storage failed {what}: {Describe(failure)}", failure);

    private static string Describe(Exception failure) => failure switch
    {
        RequestFailedException { Status: 403 } refused =>
            $"403 {refused.ErrorCode}. The managed identity lacks a role on the storage account, or its network rules refuse this host.",
        RequestFailedException { Status: > 0 } refused => $"{refused.Status} {refused.ErrorCode}",
        AggregateException several => several.InnerExceptions[^1].Message,
        _ => failure.Message,
    };
}
