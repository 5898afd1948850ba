using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using IdLcm.Domain;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Scim;

/// <summary>What one operation of a request did, as its client is told later.</summary>
/// <param name="Method">The method; null for a malformed operation without one.</param>
/// <param name="Status">The status it was accepted with.</param>
/// <param name="Path">The resource below the base URL, or null where there is none.</param>
/// <param name="BulkId">The client's name for it, or null.</param>
/// <param name="Version">The version that it made, or null.</param>
/// <param name="OperationId">The operation that carries it to the app; null where nothing has to be done there.</param>
/// <param name="ErrorType">For a refused one, the SCIM error type.</param>
/// <param name="Detail">For a refused one, why.</param>
internal sealed record ScimTransactionPart(
    string? Method, int Status, string? Path, string? BulkId = null, string? Version = null, string? OperationId = null, ScimErrorType ErrorType = ScimErrorType.None, string? Detail = null);

/// <summary>
/// What became of requests whose clients did not wait (RFC 9967 section 2.5.1): asked for by the <c>Location</c> of the 202,
/// with the same credential, and answered in the form of a bulk response, one operation each. 202 is the status of those
/// that the app does not show yet.
/// </summary>
internal sealed class ScimTransactions(IRecordStore store, OperationService operations, TimeProvider clock) : IPersonTraces
{
    /// <summary>The path below a gateway's base URL.</summary>
    public const string Path = "/Operations";

    private const int SweptAtOnce = 50;
    private const int MaxDetail = 300;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>Keeps what a bulk request did.</summary>
    /// <returns>The transaction, or null where it holds more than can be kept: then the client has to wait after all.</returns>
    public async Task<string?> KeepAsync(string integrationId, IEnumerable<ScimTransactionPart> parts, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        ScimTransactionPart[] kept = [.. parts.Select(part => part.Detail?.Length > MaxDetail ? part with { Detail = part.Detail[..MaxDetail] } : part)];
        var value = JsonSerializer.SerializeToUtf8Bytes(kept, ScimTransactionJson.Default.ScimTransactionPartArray);
        if (value.Length > RecordLimits.MaxRecordBytes)
        {
            return null;
        }

        // Ids begin with their time, so what is old comes first.
        var partition = PartitionOf(integrationId);
        var end = (now - Kept).ToUnixTimeMilliseconds().ToString("x12", CultureInfo.InvariantCulture);
        var old = await store.QueryAsync(partition, new RowRange("", end), SweptAtOnce, null, cancellationToken);
        var id = Ids.OldestFirst(now);
        await store.CommitAsync(partition, [RecordChange.Insert(id, value), .. old.Records.Select(record => RecordChange.DeleteIfExists(record.Row))], cancellationToken);
        return id;
    }

    /// <inheritdoc/>
    public async Task EraseAsync(string integrationId, Predicate<string> names, CancellationToken cancellationToken = default)
    {
        // Who it was stands in the reasons of refusals alone; everything else goes by ids.
        await foreach (var record in store.ScanAsync(PartitionOf(integrationId), RowRange.All, cancellationToken))
        {
            var parts = JsonSerializer.Deserialize(record.Value.Span, ScimTransactionJson.Default.ScimTransactionPartArray)!;
            if (parts.Any(part => part.Detail is { } detail && names(detail)))
            {
                ScimTransactionPart[] left = [.. parts.Select(part => part.Detail is { } detail && names(detail) ? part with { Detail = "The reason was erased." } : part)];
                await store.CommitAsync(
                    PartitionOf(integrationId), [RecordChange.Upsert(record.Row, JsonSerializer.SerializeToUtf8Bytes(left, ScimTransactionJson.Default.ScimTransactionPartArray))], cancellationToken);
            }
        }
    }

    /// <summary>Tells what became of a transaction.</summary>
    public async Task GetAsync(ScimExchange exchange)
    {
        var id = exchange.Route("id");
        var parts = await FindAsync(exchange.Profile.Integration.Id, id, exchange.Aborted) ?? throw ScimError.NotFound("Operation", id).ToException();
        var shown = new List<(ScimTransactionPart Part, int Status, ScimError? Error)>(parts.Count);
        foreach (var part in parts)
        {
            shown.Add(await StateAsync(exchange, part));
        }

        await ScimExchange.WriteAsync(exchange.Http, StatusCodes.Status200OK, (shown, exchange.BaseUrl), static (writer, state) => Write(writer, state.shown, state.BaseUrl));
    }

    private async Task<IReadOnlyList<ScimTransactionPart>?> FindAsync(string integrationId, string id, CancellationToken cancellationToken)
    {
        if (!IntegrationStore.IsWellFormed(id))
        {
            return null;
        }

        if (await store.GetAsync(PartitionOf(integrationId), id, cancellationToken) is { } record)
        {
            return JsonSerializer.Deserialize(record.Value.Span, ScimTransactionJson.Default.ScimTransactionPartArray);
        }

        // A request of its own is known by the operation that it led to.
        return await operations.FindAsync(integrationId, id, cancellationToken) is { UserId: { } userId } operation ? [PartOf(operation, userId)] : null;
    }

    private static ScimTransactionPart PartOf(Operation operation, string userId)
    {
        var (method, status) = operation.Kind switch
        {
            OperationKind.Provision => (HttpMethods.Post, StatusCodes.Status201Created),
            OperationKind.Deprovision => (HttpMethods.Delete, StatusCodes.Status204NoContent),
            _ => (HttpMethods.Patch, StatusCodes.Status200OK),
        };
        return new ScimTransactionPart(method, status, $"/Users/{userId}", OperationId: operation.Id);
    }

    private async Task<(ScimTransactionPart Part, int Status, ScimError? Error)> StateAsync(ScimExchange exchange, ScimTransactionPart part)
    {
        if (part.Detail is { } refused)
        {
            return (part, part.Status, new ScimError(part.Status, part.ErrorType, refused));
        }

        Operation? last = null;
        for (var id = part.OperationId; id is not null && await operations.FindAsync(exchange.Profile.Integration.Id, id, exchange.Aborted) is { } operation; id = operation.SuccessorId)
        {
            last = operation;
        }

        return last switch
        {
            null or { Status: OperationStatus.Succeeded } => (part, part.Status, null),
            { Ended: false } => (part, StatusCodes.Status202Accepted, null),
            _ => Failed(part, last),
        };
    }

    private static (ScimTransactionPart Part, int Status, ScimError? Error) Failed(ScimTransactionPart part, Operation operation)
    {
        var status = operation.Failure?.Code switch
        {
            FailureCode.AlreadyExists => StatusCodes.Status409Conflict,
            FailureCode.UserNotFound => StatusCodes.Status404NotFound,
            FailureCode.UnsupportedOperation or FailureCode.RoleNotAssignable => StatusCodes.Status400BadRequest,
            null => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
        var detail = operation.Failure is { } failure ? $"{failure.Code}: {failure.Detail}" : operation.CancelReason ?? "It was not done.";
        return (part, status, new ScimError(status, ScimErrorType.None, detail));
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<(ScimTransactionPart Part, int Status, ScimError? Error)> shown, string baseUrl)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(ScimBulkRequest.ResponseSchema);
        writer.WriteEndArray();
        writer.WriteStartArray("Operations"u8);
        foreach (var (part, status, error) in shown)
        {
            writer.WriteStartObject();
            if (part.Method is not null)
            {
                writer.WriteString("method"u8, part.Method);
            }

            if (part.BulkId is not null)
            {
                writer.WriteString("bulkId"u8, part.BulkId);
            }

            if (part.Version is not null)
            {
                writer.WriteString("version"u8, part.Version);
            }

            if (part.Path is not null)
            {
                writer.WriteString("location"u8, baseUrl + part.Path);
            }

            writer.WriteString("status"u8, status.ToString(CultureInfo.InvariantCulture));
            if (error is not null)
            {
                writer.WritePropertyName("response"u8);
                error.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string PartitionOf(string integrationId) => "txn-" + integrationId;
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ScimTransactionPart[]))]
internal sealed partial class ScimTransactionJson : JsonSerializerContext;
