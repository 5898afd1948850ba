using System.Globalization;
using IdLcm.Domain.Operations;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>
/// How long a client wants to wait for the app (RFC 7240; RFC 9967 section 2.5.1): <c>respond-async</c> asks for 202 and a
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
    /// succeeded in time. In every other case <c>Set-Txn</c> names the operation to ask about.
    /// </summary>
    public async Task<ScimAnswer> ApplyAsync(ScimExchange exchange, ScimAnswer answer, OperationService operations, GatewayAddress address)
    {
        if (answer.OperationId is not { } id || (!Async && Wait is null))
        {
            return answer;
        }

        var response = exchange.Http.Response.Headers;
        var operation = await operations.FindAsync(exchange.Profile.Integration.Id, id, exchange.Aborted);
        if (Wait is { } patience && operation is not null)
        {
            operation = await FollowAsync(operations, operation, patience, exchange.Aborted);
            if (operation.Status == OperationStatus.Succeeded && answer.Again is { } again)
            {
                response["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={(int)patience.TotalSeconds}");
                response["Set-Txn"] = id;
                return await again();
            }
        }

        response["Set-Txn"] = id;
        if (!Async)
        {
            return answer;
        }

        response["Preference-Applied"] = "respond-async";
        response.Location = $"{address.Base(exchange.Http.Request)}/api/operations/{id}";
        return new ScimAnswer(StatusCodes.Status202Accepted, ETag: answer.ETag);
    }

    /// <summary>Waits for the end of an operation and of those that go on where it was overtaken.</summary>
    private static async Task<Operation> FollowAsync(OperationService operations, Operation operation, TimeSpan patience, CancellationToken aborted)
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
