namespace IdLcm.Domain.Scim;

/// <summary>What a PATCH operation does.</summary>
public enum ScimPatchVerb
{
    /// <summary>Sets, merges or appends.</summary>
    Add,

    /// <summary>Sets or exchanges.</summary>
    Replace,

    /// <summary>Takes away.</summary>
    Remove,
}

/// <summary>One operation of a PATCH (RFC 7644 §3.5.2).</summary>
/// <param name="Verb">What it does; read in any case.</param>
/// <param name="Path">Where, or null: then the value is an object whose keys are attributes or paths.</param>
/// <param name="Value">With what, or null where the operation has no value.</param>
public sealed record ScimPatchOperation(ScimPatchVerb Verb, ScimPath? Path, ScimValue? Value);

/// <summary>The body of a PATCH.</summary>
/// <param name="Operations">One operation or more, in order.</param>
public sealed record ScimPatchRequest(IReadOnlyList<ScimPatchOperation> Operations)
{
    /// <summary>The URN of the message.</summary>
    public const string Schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

    /// <summary>Reads the body of a PATCH; attribute names are not looked up yet.</summary>
    /// <param name="utf8">The body.</param>
    /// <param name="limits">How much it may hold; null for the default.</param>
    /// <exception cref="ScimException">413, <c>invalidSyntax</c>, <c>invalidPath</c>, <c>invalidValue</c> or <c>tooMany</c>.</exception>
    public static ScimPatchRequest Parse(ReadOnlySpan<byte> utf8, ScimLimits? limits = null) =>
        FromBody(ScimJson.ParseObject(utf8, limits), limits);

    /// <summary>Reads a body that was parsed before, such as the data of a bulk operation.</summary>
    /// <param name="body">The body.</param>
    /// <param name="limits">How much it may hold; null for the default.</param>
    /// <exception cref="ScimException">As <see cref="Parse"/>.</exception>
    public static ScimPatchRequest FromBody(ScimComplex body, ScimLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        limits ??= ScimLimits.Default;
        ScimMessage.CheckSchema(body, Schema);
        if (body["Operations"] is not ScimArray { Count: > 0 } operations)
        {
            throw ScimError.InvalidSyntax("A PATCH needs \"Operations\": an array of one operation or more.").ToException();
        }

        if (operations.Count > limits.PatchOperations)
        {
            throw ScimError.TooMany($"A PATCH may hold {limits.PatchOperations} operations; this one holds {operations.Count}.").ToException();
        }

        var result = new ScimPatchOperation[operations.Count];
        var keys = 0;
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = ReadOperation(operations[i] as ScimComplex ?? throw Malformed(i, "it must be an object"), i, limits);
            keys += result[i] is { Path: null, Value: ScimComplex { Count: var count } } ? count : 0;
            if (keys > limits.PatchOperations)
            {
                throw ScimError.TooMany($"The operations of a PATCH may set {limits.PatchOperations} attributes without path.").ToException();
            }
        }

        return new ScimPatchRequest(result);
    }

    private static ScimPatchOperation ReadOperation(ScimComplex body, int index, ScimLimits limits)
    {
        var verb = body.GetString("op") switch
        {
            null => throw Malformed(index, "\"op\" is missing"),
            var op when op.Equals("add", StringComparison.OrdinalIgnoreCase) => ScimPatchVerb.Add,
            var op when op.Equals("replace", StringComparison.OrdinalIgnoreCase) => ScimPatchVerb.Replace,
            var op when op.Equals("remove", StringComparison.OrdinalIgnoreCase) => ScimPatchVerb.Remove,
            var op => throw Malformed(index, $"\"op\" is {ScimText.Quote(op)}; it must be add, replace or remove"),
        };
        var path = body["path"] switch
        {
            null or ScimNull => null,
            ScimString text when string.IsNullOrWhiteSpace(text.Value) => null,
            ScimString text => ScimPath.Parse(text.Value, limits),
            _ => throw Malformed(index, "\"path\" must be a string"),
        };
        var value = body["value"];
        if (verb == ScimPatchVerb.Remove)
        {
            return path is null && value is not ScimComplex
                ? throw ScimError.NoTarget($"Operation {index + 1} of the PATCH removes, and so needs a \"path\".").ToException()
                : new ScimPatchOperation(verb, path, value);
        }

        if (value is null)
        {
            throw ScimError.InvalidValue($"Operation {index + 1} of the PATCH needs a \"value\".").ToException();
        }

        return path is null && value is not ScimComplex
            ? throw ScimError.InvalidValue($"Operation {index + 1} of the PATCH has no \"path\", so its \"value\" must be an object.").ToException()
            : new ScimPatchOperation(verb, path, value);
    }

    private static ScimException Malformed(int index, string why) =>
        ScimError.InvalidSyntax($"Operation {index + 1} of the PATCH is malformed: {why}.").ToException();
}
