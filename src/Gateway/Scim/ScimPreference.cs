using System.Globalization;
using IdLcm.Domain.Operations;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>
/// How long a client wants to wait for the app (RFC 7240; RFC 9967 section 2.5.1.1): <c>respond-async</c> asks for 202 and a
/// place to look, <c>wait=N</c> to be answered only when the result was verified in the app, or after N seconds.
/// </summary>
/// <param name="Async">True when the client takes 202.</param>
/// <param name="Wait">How long it waits; null for not at all.</param>
internal readonly record struct ScimPreference(bool Async, TimeSpan? Wait)
{
    /// <summary>Below the 60 seconds after which Okta and many proxies give up.</summary>
    private const int MaxWaitSeconds = 50;

    public static ScimPreference Of(HttpRequest request)
    {
        var headers = request.Headers["Prefer"];
        if (headers.Count == 0)
        {
            return default;
        }

        var isAsync = false;
        TimeSpan? wait = null;
        foreach (var part in headers.ToString().Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Equals("respond-async", StringComparison.OrdinalIgnoreCase))
            {
                isAsync = true;
            }
            else if (part.StartsWith("wait=", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(part.AsSpan(5).Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                wait = TimeSpan.FromSeconds(Math.Min(seconds, MaxWaitSeconds));
            }
        }

        return new ScimPreference(isAsync, wait);
    }

    /// <summary>
    /// Answers as the client prefers. <c>Preference-Applied</c> names what was kept: <c>wait</c> only when the operation
    /// succeeded in time. <c>Set-Txn</c>, only with 202 as RFC 9967 section 3 has it, names the operation to ask about.
    /// </summary>
    public async Task<ScimAnswer> ApplyAsync(ScimExchange exchange, ScimAnswer answer, OperationService operations)
    {
        if (answer.OperationId is not { } id || (!Async && Wait is null))
        {
            return answer;
        }

        if (Wait is { } patience && await WaitAsync(exchange, operations, [id], patience) && answer.Again is { } again)
        {
            Applied(exchange.Http.Response, patience);
            return await again();
        }

        return Async ? Accept(exchange, id) with { ETag = answer.ETag } : answer;
    }

    /// <summary>Waits until operations, and those that go on where they were overtaken, have ended.</summary>
    /// <returns>True when all of them succeeded in time.</returns>
    public static async Task<bool> WaitAsync(ScimExchange exchange, OperationService operations, IReadOnlyList<string> operationIds, TimeSpan patience)
    {
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        foreach (var id in operationIds)
        {
            var operation = await operations.FindAsync(exchange.Profile.Integration.Id, id, exchange.Aborted);
            if (operation is null || (await FollowAsync(operations, operation, patience - System.Diagnostics.Stopwatch.GetElapsedTime(began), exchange.Aborted)).Status != OperationStatus.Succeeded)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Says that the answer was held until everything was done.</summary>
    public static void Applied(HttpResponse response, TimeSpan patience) =>
        response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={(int)patience.TotalSeconds}");

    /// <summary>202, and where to look.</summary>
    public static ScimAnswer Accept(ScimExchange exchange, string transaction)
    {
        var response = exchange.Http.Response.Headers;
        response["Preference-Applied"] = "respond-async";
        response["Set-Txn"] = transaction;
        response.Location = $"{exchange.BaseUrl}{ScimTransactions.Path}/{transaction}";
        return new ScimAnswer(StatusCodes.Status202Accepted);
    }

    /// <summary>Waits for the end of an operation and of those that go on where it was overtaken.</summary>
    public static async Task<Operation> FollowAsync(OperationService operations, Operation operation, TimeSpan patience, CancellationToken aborted)
    {
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            var left = patience - System.Diagnostics.Stopwatch.GetElapsedTime(began);
            operation = await operations.WaitAsync(operation, left > TimeSpan.Zero ? left : TimeSpan.Zero, aborted);
            if (!operation.Ended || operation.SuccessorId is not { } next
                || await operations.FindAsync(operation.IntegrationId, next, aborted) is not { } successor)
            {
                return operation;
            }

            operation = successor;
        }
    }
}
