namespace IdLcm.Domain.Scim;

/// <summary>The methods of bulk operations (RFC 7644 §3.7).</summary>
public enum ScimBulkMethod
{
    /// <summary>None of the four: the operation is malformed.</summary>
    None,

    /// <summary>Create.</summary>
    Post,

    /// <summary>Replace.</summary>
    Put,

    /// <summary>Change.</summary>
    Patch,

    /// <summary>Delete.</summary>
    Delete,
}

/// <summary>One operation of a bulk request.</summary>
/// <param name="Method">What it does.</param>
/// <param name="Endpoint">The first part of the path with its slash, for example <c>/Users</c>.</param>
/// <param name="Id">The rest of the path: an id, <c>bulkId:…</c>, or null for a POST.</param>
/// <param name="BulkId">The name by which other operations refer to what this one creates, or null.</param>
/// <param name="Version">The version that the resource must have, or null.</param>
/// <param name="Data">The body, or null for a DELETE.</param>
public sealed record ScimBulkOperation(ScimBulkMethod Method, string Endpoint, string? Id, string? BulkId, string? Version, ScimComplex? Data)
{
    /// <summary>Why it cannot be carried out, whatever the others do; null for one that is well formed.</summary>
    public ScimError? Refusal { get; init; }

    /// <summary>Reads one operation; one that is malformed says so, and keeps what can be told of it.</summary>
    internal static ScimBulkOperation Read(ScimValue value, int index)
    {
        if (value is not ScimComplex body)
        {
            return new ScimBulkOperation(ScimBulkMethod.None, "", null, null, null, null) { Refusal = Malformed(index, "it must be an object") };
        }

        var method = body.GetString("method") switch
        {
            null => ScimBulkMethod.None,
            var m when m.Equals("POST", StringComparison.OrdinalIgnoreCase) => ScimBulkMethod.Post,
            var m when m.Equals("PUT", StringComparison.OrdinalIgnoreCase) => ScimBulkMethod.Put,
            var m when m.Equals("PATCH", StringComparison.OrdinalIgnoreCase) => ScimBulkMethod.Patch,
            var m when m.Equals("DELETE", StringComparison.OrdinalIgnoreCase) => ScimBulkMethod.Delete,
            _ => ScimBulkMethod.None,
        };
        var path = body.GetString("path") ?? "";
        var parts = path.Trim('/').Split('/');
        var isPath = path.StartsWith('/') && parts.Length <= 2 && !Array.Exists(parts, string.IsNullOrWhiteSpace);
        var operation = new ScimBulkOperation(
            method, isPath ? "/" + parts[0] : "", isPath && parts.Length == 2 ? parts[1] : null, body.GetString("bulkId"), body.GetString("version"), body["data"] as ScimComplex);
        return Problem(operation, body, isPath) is { } problem ? operation with { Data = null, Refusal = Malformed(index, problem) } : operation;
    }

    private static string? Problem(ScimBulkOperation operation, ScimComplex body, bool isPath) => operation switch
    {
        { Method: ScimBulkMethod.None } => body.GetString("method") is { } method
            ? $"the method {ScimText.Quote(method)} is not POST, PUT, PATCH or DELETE"
            : "\"method\" is missing",
        _ when !isPath => body.GetString("path") is { } path ? $"the path {ScimText.Quote(path)} is not /Endpoint or /Endpoint/id" : "\"path\" is missing",
        { Method: ScimBulkMethod.Post, Id: not null } => "a POST goes to an endpoint, without id",
        { Method: ScimBulkMethod.Post, BulkId: null or "" } => "a POST needs a \"bulkId\"",
        { Method: not ScimBulkMethod.Post, Id: null } => "the path lacks the id",
        { Method: not ScimBulkMethod.Delete, Data: null } => "\"data\" must be an object",
        _ => null,
    };

    internal static ScimError Malformed(int index, string why) => ScimError.InvalidSyntax($"Operation {index + 1} of the bulk request is malformed: {why}.");
}
