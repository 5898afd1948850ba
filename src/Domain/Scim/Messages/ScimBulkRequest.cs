namespace IdLcm.Domain.Scim;

/// <summary>A bulk request (RFC 7644 §3.7): parsed and put in order here, carried out by the caller.</summary>
/// <param name="FailOnErrors">After how many errors the rest is left undone, or null for never.</param>
/// <param name="Operations">The operations as sent.</param>
public sealed record ScimBulkRequest(int? FailOnErrors, IReadOnlyList<ScimBulkOperation> Operations)
{
    /// <summary>The URN of the request.</summary>
    public const string Schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

    /// <summary>The URN of the answer.</summary>
    public const string ResponseSchema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

    private const string Reference = "bulkId:";

    /// <summary>
    /// Reads a bulk request. An operation that is malformed is refused for itself, as any other that fails; only what makes
    /// the request as a whole unreadable refuses all of it.
    /// </summary>
    /// <param name="utf8">The body.</param>
    /// <param name="limits">How much it may hold; null for the default.</param>
    /// <exception cref="ScimException">413, <c>invalidSyntax</c> or <c>invalidValue</c>.</exception>
    public static ScimBulkRequest Parse(ReadOnlySpan<byte> utf8, ScimLimits? limits = null)
    {
        limits ??= ScimLimits.Default;
        var body = ScimJson.ParseObject(utf8, limits);
        ScimMessage.CheckSchema(body, Schema);
        if (body["Operations"] is not ScimArray operations)
        {
            throw ScimError.InvalidSyntax("A bulk request needs \"Operations\": an array.").ToException();
        }

        if (operations.Count > limits.BulkOperations)
        {
            throw new ScimError(413, ScimErrorType.TooMany, $"A bulk request may hold {limits.BulkOperations} operations; this one holds {operations.Count}.").ToException();
        }

        var failOnErrors = body["failOnErrors"] switch
        {
            null or ScimNull => (int?)null,
            ScimNumber number when number.TryGetInt64(out var n) && n is >= 1 and <= int.MaxValue => (int)n,
            _ => throw ScimError.InvalidValue("\"failOnErrors\" must be a whole number of at least 1.").ToException(),
        };
        var names = new HashSet<string>(StringComparer.Ordinal);
        var result = new ScimBulkOperation[operations.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var operation = ScimBulkOperation.Read(operations[i], i);

            // Whoever had the name first keeps it: references mean that one.
            result[i] = operation is { Refusal: null, BulkId: { } name } && !names.Add(name)
                ? operation with { Data = null, Refusal = ScimBulkOperation.Malformed(i, $"the bulkId {ScimText.Quote(name)} is used by an operation before it") }
                : operation;
        }

        return new ScimBulkRequest(failOnErrors, result);
    }

    /// <summary>
    /// The indexes of the operations in an order in which each comes after those that it refers to by <c>bulkId</c>,
    /// and otherwise as sent. A circle comes last and begins with its first POST: the caller creates that one without the
    /// references that cannot be resolved yet, and adds them when they can (RFC 7644 §3.7.1).
    /// </summary>
    public IReadOnlyList<int> ResolveOrder()
    {
        var byName = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Operations.Count; i++)
        {
            if (Operations[i] is { Refusal: null, BulkId: { } name })
            {
                byName[name] = i;
            }
        }

        var waits = new int[Operations.Count];
        var followers = new List<int>[Operations.Count];
        for (var i = 0; i < Operations.Count; i++)
        {
            foreach (var name in ReferencesOf(Operations[i]))
            {
                if (byName.TryGetValue(name, out var first) && first != i)
                {
                    (followers[first] ??= []).Add(i);
                    waits[i]++;
                }
            }
        }

        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < waits.Length; i++)
        {
            if (waits[i] == 0)
            {
                ready.Enqueue(i, i);
            }
        }

        var order = new List<int>(Operations.Count);
        var creation = 0;
        while (true)
        {
            while (ready.TryDequeue(out var next, out _))
            {
                order.Add(next);
                foreach (var follower in followers[next] ?? [])
                {
                    if (--waits[follower] == 0)
                    {
                        ready.Enqueue(follower, follower);
                    }
                }
            }

            while (creation < waits.Length && (waits[creation] <= 0 || Operations[creation].Method != ScimBulkMethod.Post))
            {
                creation++;
            }

            if (creation == waits.Length)
            {
                order.AddRange(Enumerable.Range(0, waits.Length).Where(i => waits[i] > 0));
                return order;
            }

            waits[creation] = 0;
            ready.Enqueue(creation, creation);
        }
    }

    /// <summary>The bulkIds that an operation refers to, in its path or data; each once.</summary>
    /// <param name="operation">The operation.</param>
    public static IReadOnlyCollection<string> ReferencesOf(ScimBulkOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var found = new HashSet<string>(StringComparer.Ordinal);
        if (TryGetReference(operation.Id) is { } inPath)
        {
            found.Add(inPath);
        }

        if (operation.Data is { } data)
        {
            Collect(data, found);
        }

        return found;
    }

    /// <summary>An operation with its references replaced by ids.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="ids">The id of each bulkId that is known by now.</param>
    /// <exception cref="ScimException">409 <c>invalidValue</c> where a reference is not among them.</exception>
    public static ScimBulkOperation Resolve(ScimBulkOperation operation, IReadOnlyDictionary<string, string> ids)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(ids);
        if (ReferencesOf(operation).Count == 0)
        {
            return operation;
        }

        return operation with
        {
            Id = TryGetReference(operation.Id) is { } name ? IdOf(name, ids) : operation.Id,
            Data = operation.Data is null ? null : (ScimComplex)Replace(operation.Data, ids),
        };
    }

    /// <summary>Splits the data of an operation: what can be done now, and what refers to resources that are not there yet.</summary>
    /// <param name="data">The data.</param>
    /// <param name="isToCome">Whether a bulkId is that of one of those.</param>
    public static (ScimComplex Now, ScimComplex Later) Postpone(ScimComplex data, Predicate<string> isToCome)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(isToCome);
        var (now, later) = (new List<ScimMember>(data.Count), new List<ScimMember>());
        foreach (var (name, value) in data.AsSpan())
        {
            switch (value)
            {
                case ScimArray array when Refers(array):
                    now.Add(new ScimMember(name, new ScimArray([.. array.Where(item => !Refers(item))])));
                    later.Add(new ScimMember(name, new ScimArray([.. array.Where(Refers)])));
                    break;

                // What has a URN as its name is an extension, and as much of the resource as the rest.
                case ScimComplex extension when name.Contains(':', StringComparison.Ordinal) && Refers(extension):
                    var parts = Postpone(extension, isToCome);
                    now.Add(new ScimMember(name, parts.Now));
                    later.Add(new ScimMember(name, parts.Later));
                    break;
                default:
                    (Refers(value) ? later : now).Add(new ScimMember(name, value));
                    break;
            }
        }

        return (new ScimComplex([.. now]), new ScimComplex([.. later]));

        bool Refers(ScimValue value)
        {
            var found = new HashSet<string>(StringComparer.Ordinal);
            Collect(value, found);
            return found.Any(name => isToCome(name));
        }
    }

    private static string IdOf(string name, IReadOnlyDictionary<string, string> ids) => ids.TryGetValue(name, out var id)
        ? id
        : throw new ScimError(409, ScimErrorType.InvalidValue, $"The bulkId {ScimText.Quote(name)} is not resolved.").ToException();

    /// <summary>Whether an id is a reference to what another operation creates.</summary>
    /// <param name="id">The id.</param>
    public static bool IsReference(string id) => TryGetReference(id) is not null;

    private static string? TryGetReference(string? text) =>
        text is not null && text.StartsWith(Reference, StringComparison.Ordinal) && text.Length > Reference.Length ? text[Reference.Length..] : null;

    private static void Collect(ScimValue value, HashSet<string> found)
    {
        switch (value)
        {
            case ScimString text when TryGetReference(text.Value) is { } name:
                found.Add(name);
                break;
            case ScimArray array:
                foreach (var item in array.AsSpan())
                {
                    Collect(item, found);
                }

                break;
            case ScimComplex complex:
                foreach (var (_, part) in complex.AsSpan())
                {
                    Collect(part, found);
                }

                break;
        }
    }

    private static ScimValue Replace(ScimValue value, IReadOnlyDictionary<string, string> ids) => value switch
    {
        ScimString text when TryGetReference(text.Value) is { } name => new ScimString(IdOf(name, ids)),
        ScimArray array => new ScimArray([.. array.Select(item => Replace(item, ids))]),
        ScimComplex complex => new ScimComplex([.. complex.Select(member => new ScimMember(member.Name, Replace(member.Value, ids)))]),
        _ => value,
    };
}
