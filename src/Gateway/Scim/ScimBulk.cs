using System.Globalization;
using System.Text.Json;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>The endpoint <c>/Bulk</c> (RFC 7644 section 3.7): each operation is what it would be as a request of its own.</summary>
internal sealed class ScimBulk(ScimUsers users, ScimGroups groups, OperationService operations, ScimTransactions transactions)
{
    public async Task PostAsync(ScimExchange exchange)
    {
        var request = ScimBulkRequest.Parse((await exchange.ReadBodyAsync()).Span);
        var outcomes = await RunAllAsync(exchange, request);
        if (await PreferAsync(exchange, outcomes) is { } accepted)
        {
            await accepted.WriteAsync(exchange);
            return;
        }

        await ScimExchange.WriteAsync(
            exchange.Http, StatusCodes.Status200OK, (outcomes, exchange.BaseUrl), static (writer, state) => Write(writer, state.outcomes, state.BaseUrl));
    }

    private async Task<Outcome?[]> RunAllAsync(ScimExchange exchange, ScimBulkRequest request)
    {
        var outcomes = new Outcome?[request.Operations.Count];
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var toCome = request.Operations.Where(o => o is { Method: ScimBulkMethod.Post, Refusal: null }).Select(o => o.BulkId!).ToHashSet(StringComparer.Ordinal);
        var incomplete = new List<(int Index, ScimComplex Missing)>();
        var errors = 0;
        foreach (var index in request.ResolveOrder())
        {
            if (request.FailOnErrors is { } limit && errors >= limit)
            {
                break;
            }

            var operation = request.Operations[index];
            var isCreation = operation is { Method: ScimBulkMethod.Post, Refusal: null };
            ScimComplex? missing = null;
            if (isCreation && ScimBulkRequest.ReferencesOf(operation).Any(toCome.Contains))
            {
                (var now, missing) = ScimBulkRequest.Postpone(operation.Data!, toCome.Contains);
                operation = operation with { Data = now };
            }

            try
            {
                outcomes[index] = await RunAsync(exchange, operation, ids);
            }
            catch (Exception error) when (error is RecordStoreUnavailableException or ConnectorMissingException && outcomes.Any(o => o?.Answer is not null))
            {
                // What was done so far is durable and must be told; the rest would wait in vain as well.
                var refusal = new ScimError(StatusCodes.Status503ServiceUnavailable, ScimErrorType.None, "The gateway cannot take this operation now; it changed nothing.");
                return [.. outcomes.Select((outcome, i) => outcome ?? new Outcome(request.Operations[i], null, request.Operations[i].Refusal ?? refusal))];
            }

            errors += outcomes[index]!.Error is null ? 0 : 1;
            if (isCreation)
            {
                toCome.Remove(operation.BulkId!);
                if (outcomes[index]!.Answer?.Id is { } id)
                {
                    ids[operation.BulkId!] = id;
                    if (missing is not null)
                    {
                        incomplete.Add((index, missing));
                    }
                }
            }
        }

        foreach (var (index, missing) in incomplete)
        {
            outcomes[index] = await CompleteAsync(exchange, outcomes[index]!, missing, ids);
        }

        return outcomes;
    }

    /// <summary>Adds to what was created the references that could not be resolved then.</summary>
    private async Task<Outcome> CompleteAsync(ScimExchange exchange, Outcome created, ScimComplex missing, Dictionary<string, string> ids)
    {
        var addition = new ScimComplex(
            new ScimMember("schemas", new ScimArray([new ScimString(ScimPatchRequest.Schema)])),
            new ScimMember("Operations", new ScimArray([new ScimComplex(new ScimMember("op", "add"), new ScimMember("value", missing))])));
        var completed = await RunAsync(exchange, created.Operation with { Method = ScimBulkMethod.Patch, Id = created.Answer!.Id, Data = addition }, ids);
        return completed.Answer is { } answer
            ? created with { Answer = created.Answer with { ETag = answer.ETag, OperationId = answer.OperationId ?? created.Answer.OperationId } }
            : created with { Error = completed.Error! with { Detail = $"It was created; what it refers to could not be added then: {completed.Error.Detail}" } };
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
        if (operation.Refusal is { } malformed)
        {
            return new Outcome(operation, null, malformed);
        }

        try
        {
            IScimResources resources;
            (resources, operation) = operation.Endpoint.ToUpperInvariant() switch
            {
                "/USERS" => ((IScimResources)users, operation with { Endpoint = "/Users" }),
                "/GROUPS" => (groups, operation with { Endpoint = "/Groups" }),
                _ => throw ScimError.InvalidValue($"Bulk operations go to /Users and /Groups, not to {operation.Endpoint}.").ToException(),
            };
            var resolved = ScimBulkRequest.Resolve(operation, ids);
            operation = operation with { Id = resolved.Id is null ? null : Uri.UnescapeDataString(resolved.Id) };
            var call = new ScimCall(exchange, operation.Id ?? "", resolved.Data, operation.Version is { Length: > 0 } version ? version : null);
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

    /// <param name="Operation">The operation.</param>
    /// <param name="Answer">What was done, or null.</param>
    /// <param name="Error">What was not; beside an answer where only a part was done.</param>
    private sealed record Outcome(ScimBulkOperation Operation, ScimAnswer? Answer, ScimError? Error)
    {
        /// <summary>The resource; none where a reference was not resolved or the path is malformed.</summary>
        private string? Path => Operation.Endpoint.Length == 0 || Operation.Refusal is not null ? null : (Answer?.Id ?? Operation.Id) is { } id && !ScimBulkRequest.IsReference(id) ? $"{Operation.Endpoint}/{Uri.EscapeDataString(id)}" : null;

        /// <summary>Null where the client named none that there is.</summary>
        private string? Method => Operation.Method == ScimBulkMethod.None ? null : Operation.Method.ToString().ToUpperInvariant();

        private int Status => Error?.Status ?? Answer!.Status;

        public ScimTransactionPart ToPart() => new(
            Method, Status, Path, Operation.BulkId, Answer?.ETag, Answer?.OperationId, Error?.Type ?? ScimErrorType.None, Error?.Detail);

        public void WriteTo(Utf8JsonWriter writer, string baseUrl)
        {
            writer.WriteStartObject();
            if (Method is not null)
            {
                writer.WriteString("method"u8, Method);
            }

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

            writer.WriteString("status"u8, Status.ToString(CultureInfo.InvariantCulture));
            if (Error is not null)
            {
                writer.WritePropertyName("response"u8);
                Error.WriteTo(writer);
            }

            writer.WriteEndObject();
        }
    }
}
