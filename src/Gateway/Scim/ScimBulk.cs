using System.Text.Json;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>The endpoint <c>/Bulk</c> (RFC 7644 section 3.7): each operation is what it would be as a request of its own.</summary>
internal sealed class ScimBulk(ScimUsers users, ScimGroups groups, OperationService operations, ScimTransactions transactions)
{
    public async Task PostAsync(ScimExchange exchange)
    {
        var request = ScimBulkRequest.Parse((await exchange.ReadBodyAsync()).Span);
        var outcomes = new Outcome?[request.Operations.Count];
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var errors = 0;
        foreach (var index in request.ResolveOrder())
        {
            if (request.FailOnErrors is { } limit && errors >= limit)
            {
                break;
            }

            var operation = request.Operations[index];
            var outcome = await RunAsync(exchange, operation, ids);
            outcomes[index] = outcome;
            errors += outcome.Error is null ? 0 : 1;
            if (operation is { Method: ScimBulkMethod.Post, BulkId: { } bulkId } && outcome.Answer?.Id is { } id)
            {
                ids[bulkId] = id;
            }
        }

        if (await PreferAsync(exchange, outcomes) is { } accepted)
        {
            await accepted.WriteAsync(exchange);
            return;
        }

        await ScimExchange.WriteAsync(
            exchange.Http, StatusCodes.Status200OK, (outcomes, exchange.BaseUrl), static (writer, state) => Write(writer, state.outcomes, state.BaseUrl));
    }

    /// <summary>
    /// All operations are durable by now; the client may prefer to wait for the app, or not to have the whole answer
    /// (RFC 9967 section 2.5.1.2).
    /// </summary>
    /// <returns>The answer in place of the whole one, or null.</returns>
    private async Task<ScimAnswer?> PreferAsync(ScimExchange exchange, Outcome?[] outcomes)
    {
        var preference = ScimPreference.Of(exchange.Http.Request);
        var open = outcomes.Select(outcome => outcome?.Answer?.OperationId).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (open.Count == 0)
        {
            return null;
        }

        if (preference.Wait is { } patience && await ScimPreference.WaitAsync(exchange, operations, open, patience))
        {
            ScimPreference.Applied(exchange.Http.Response, patience);
            return null;
        }

        return preference.Async && await transactions.KeepAsync(exchange.Profile.Integration.Id, outcomes.OfType<Outcome>().Select(o => o.ToPart()), exchange.Aborted) is { } transaction
            ? ScimPreference.Accept(exchange, transaction)
            : null;
    }

    private async Task<Outcome> RunAsync(ScimExchange exchange, ScimBulkOperation operation, Dictionary<string, string> ids)
    {
        try
        {
            IScimResources resources = operation.Endpoint.ToUpperInvariant() switch
            {
                "/USERS" => users,
                "/GROUPS" => groups,
                _ => throw ScimError.InvalidValue($"Bulk operations go to /Users and /Groups, not to {operation.Endpoint}.").ToException(),
            };
            var resolved = ScimBulkRequest.Resolve(operation, ids);
            operation = operation with { Id = resolved.Id is null ? null : Uri.UnescapeDataString(resolved.Id) };
            var call = new ScimCall(exchange, operation.Id ?? "", resolved.Data, operation.Version);
            var answer = operation.Method switch
            {
                ScimBulkMethod.Post => await resources.CreateAsync(call),
                ScimBulkMethod.Put => await resources.ReplaceAsync(call),
                ScimBulkMethod.Patch => await resources.PatchAsync(call),
                _ => await resources.DeleteAsync(call),
            };
            return new Outcome(operation, answer, null);
        }
        catch (ScimException refusal)
        {
            return new Outcome(operation, null, refusal.Error);
        }
    }

    private static void Write(Utf8JsonWriter writer, Outcome?[] outcomes, string baseUrl)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(ScimBulkRequest.ResponseSchema);
        writer.WriteEndArray();
        writer.WriteStartArray("Operations"u8);
        foreach (var outcome in outcomes)
        {
            outcome?.WriteTo(writer, baseUrl);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private sealed record Outcome(ScimBulkOperation Operation, ScimAnswer? Answer, ScimError? Error)
    {
        private string? Path => (Answer?.Id ?? Operation.Id) is { } id ? $"{Operation.Endpoint}/{Uri.EscapeDataString(id)}" : null;

        private string Method => Operation.Method.ToString().ToUpperInvariant();

        public ScimTransactionPart ToPart() => new(
            Method, Answer?.Status ?? Error!.Status, Path, Operation.BulkId, Answer?.ETag, Answer?.OperationId, Error?.Type ?? ScimErrorType.None, Error?.Detail);

        public void WriteTo(Utf8JsonWriter writer, string baseUrl)
        {
            writer.WriteStartObject();
            writer.WriteString("method"u8, Method);
            if (Operation.BulkId is { } bulkId)
            {
                writer.WriteString("bulkId"u8, bulkId);
            }

            if (Answer?.ETag is { } version)
            {
                writer.WriteString("version"u8, version);
            }

            if (Path is { } path)
            {
                writer.WriteString("location"u8, baseUrl + path);
            }

            writer.WriteString("status"u8, (Answer?.Status ?? Error!.Status).ToString());
            if (Error is not null)
            {
                writer.WritePropertyName("response"u8);
                Error.WriteTo(writer);
            }

            writer.WriteEndObject();
        }
    }
}
