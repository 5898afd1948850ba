namespace IdLcm.Domain.Connectors;

/// <summary>What an app demands of a new password, as its connector declares it; a generated one follows all of it.</summary>
public sealed record PasswordRules
{
    /// <summary>The symbols that are used where the connector names none: those that forms and address bars rarely mangle.</summary>
    public const string UsualSymbols = "!@#$%^*-_=+?.";

    /// <summary>The least number of characters.</summary>
    public int MinLength { get; init; } = 12;

    /// <summary>The greatest number of characters.</summary>
    public int MaxLength { get; init; } = 64;

    /// <summary>How long a generated one is, within the limits: 32 characters of 75 are about 199 bits.</summary>
    public int Length { get; init; } = 32;

    /// <summary>The classes of which there must be a character at least: lower, upper, digit, symbol.</summary>
    public IReadOnlyList<string> Require { get; init; } = ["lower", "upper", "digit", "symbol"];

    /// <summary>The symbols that the app takes; empty for none.</summary>
    public string Symbols { get; init; } = UsualSymbols;

    /// <summary>Characters that must not be used.</summary>
    public string Forbidden { get; init; } = "";

    /// <summary>The most times that one character may stand in a row.</summary>
    public int MaxRepeat { get; init; } = 2;

    /// <summary>True when it has to begin with a letter.</summary>
    public bool StartWithLetter { get; init; }

    /// <summary>Tells why no password can follow the rules.</summary>
    /// <returns>The reason, or null when there are such passwords.</returns>
    public string? Problem()
    {
        if (MinLength < 1 || MaxLength > 256 || MinLength > MaxLength)
        {
            return $"passwords of {MinLength} to {MaxLength} characters cannot be made; the limits are 1 to 256.";
        }

        if (Classes.FirstOrDefault(c => Require.Contains(c.Key) && c.Value.Length == 0).Key is { } empty)
        {
            return $"a {empty} is required, and every one is forbidden.";
        }

        return string.Concat(Classes.Values).Length < 10 ? "fewer than 10 characters are left to choose from." : null;
    }

    /// <summary>The characters to choose from, by class.</summary>
    internal IReadOnlyDictionary<string, string> Classes => new Dictionary<string, string>
    {
        ["lower"] = Allowed("abcdefghijkmnopqrstuvwxyz"),
        ["upper"] = Allowed("ABCDEFGHJKLMNPQRSTUVWXYZ"),
        ["digit"] = Allowed("23456789"),
        ["symbol"] = Allowed(Symbols),
    };

    private string Allowed(string characters) => string.Concat(characters.Where(c => !Forbidden.Contains(c, StringComparison.Ordinal)).Distinct());
}
