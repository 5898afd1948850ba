namespace IdLcm.Domain.Integrations;

/// <summary>Why something that was asked for is not done.</summary>
public enum RefusalKind
{
    /// <summary>What was given cannot be.</summary>
    Invalid,

    /// <summary>There is no such thing.</summary>
    NotFound,

    /// <summary>It does not fit what is there now.</summary>
    Conflict,

    /// <summary>Whoever asks may not.</summary>
    Forbidden,
}

/// <summary>One field that cannot be as it was given.</summary>
/// <param name="Field">The field, for example <c>settings.tenant</c>.</param>
/// <param name="Problem">What is wrong with it and what is expected; never a secret.</param>
public sealed record FieldProblem(string Field, string Problem);

/// <summary>An expected refusal: what was wrong, and what to do.</summary>
/// <param name="Kind">Of what kind.</param>
/// <param name="Code">A stable code for programs, for example <c>settings_invalid</c>.</param>
/// <param name="Detail">One sentence for people.</param>
/// <param name="Fields">The fields at fault, where it is about fields.</param>
public sealed record Refusal(RefusalKind Kind, string Code, string Detail, IReadOnlyList<FieldProblem> Fields)
{
    /// <summary>There is no such thing.</summary>
    /// <param name="code">The code.</param>
    /// <param name="detail">What is not there.</param>
    /// <returns>The refusal.</returns>
    public static Refusal NotFound(string code, string detail) => new(RefusalKind.NotFound, code, detail, []);

    /// <summary>It does not fit what is there now.</summary>
    /// <param name="code">The code.</param>
    /// <param name="detail">What stands against it.</param>
    /// <returns>The refusal.</returns>
    public static Refusal Conflict(string code, string detail) => new(RefusalKind.Conflict, code, detail, []);

    /// <summary>Whoever asks may not.</summary>
    /// <param name="code">The code.</param>
    /// <param name="detail">What would be needed.</param>
    /// <returns>The refusal.</returns>
    public static Refusal Forbidden(string code, string detail) => new(RefusalKind.Forbidden, code, detail, []);

    /// <summary>Fields cannot be as they were given.</summary>
    /// <param name="problems">The fields, at least one.</param>
    /// <returns>The refusal.</returns>
    public static Refusal Invalid(IReadOnlyList<FieldProblem> problems) => new(
        RefusalKind.Invalid,
        "invalid_request",
        problems.Count == 1 ? $"{problems[0].Field}: {problems[0].Problem}" : $"{problems.Count} fields are not as they should be: {string.Join(", ", problems.Select(p => p.Field))}.",
        problems);

    /// <summary>One field cannot be as it was given.</summary>
    /// <param name="field">The field.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <returns>The refusal.</returns>
    public static Refusal Invalid(string field, string problem) => Invalid([new FieldProblem(field, problem)]);
}

/// <summary>What was asked for, or why it is not done.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
public readonly record struct Result<T>
    where T : class
{
    private Result(T? value, Refusal? refusal)
    {
        Value = value;
        Refusal = refusal;
    }

    /// <summary>What was asked for; null when it was refused.</summary>
    public T? Value { get; }

    /// <summary>Why it was refused, or null.</summary>
    public Refusal? Refusal { get; }

    /// <summary>It was done.</summary>
    /// <param name="value">What was asked for.</param>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>It was refused.</summary>
    /// <param name="refusal">Why.</param>
    public static implicit operator Result<T>(Refusal refusal) => new(null, refusal);
}
