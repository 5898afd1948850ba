using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace IdLcm.LocalHost.Cli;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    /// <summary>The data directory.</summary>
    /// <returns>The option.</returns>
    public static Option<string> Data() => new("--data")
    {
        Description = "The data directory; the environment variable IDLCM_DATA sets another default",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("IDLCM_DATA") is { Length: > 0 } data ? data : ".idlcm",
        HelpName = "DIR",
    };

    /// <summary>A whole number within bounds.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">What it is.</param>
    /// <param name="usual">Its default.</param>
    /// <param name="least">The least value.</param>
    /// <param name="most">The greatest value.</param>
    /// <returns>The option.</returns>
    public static Option<int> Number(string name, string description, int usual, int least, int most) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => usual,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' must be a number from {least} to {most}.");
            return usual;
        },
    };

    /// <summary>An absolute http or https address.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">What it is.</param>
    /// <returns>The option.</returns>
    public static Option<Uri?> Address(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            if (TryAddress(result.Tokens[0].Value, out var address))
            {
                return address;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' must be an absolute http or https address.");
            return null;
        },
    };

    /// <summary>Reads an absolute http or https address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    /// <returns>True when it is one.</returns>
    public static bool TryAddress(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address) && address.Scheme is "http" or "https" && address.Host.Length > 0;

    /// <summary>Machine-readable output.</summary>
    /// <returns>The option.</returns>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON rather than a table" };

    /// <summary>Reads <c>name=value</c> pairs.</summary>
    /// <param name="option">The option's name, for the message.</param>
    /// <param name="pairs">The pairs as given.</param>
    /// <returns>The values by name.</returns>
    /// <exception cref="CommandFailedException">One is no pair, or is given twice.</exception>
    public static Dictionary<string, string> Pairs(string option, IReadOnlyList<string>? pairs)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new CommandFailedException(ExitCode.Usage, $"{option} '{pair}' must be written as name=value.");
            }

            if (!values.TryAdd(pair[..equals], pair[(equals + 1)..]))
            {
                throw new CommandFailedException(ExitCode.Usage, $"{option} '{pair[..equals]}' is given twice.");
            }
        }

        return values;
    }

    /// <summary>Reads a secret from the environment variable that an option names.</summary>
    /// <param name="option">The option's name, for the message.</param>
    /// <param name="variable">The variable, or null where the option is not given.</param>
    /// <returns>The secret, or null.</returns>
    /// <exception cref="CommandFailedException">The variable is not set.</exception>
    public static string? Secret(string option, string? variable) => variable is null
        ? null
        : Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? value
            : throw new CommandFailedException(ExitCode.Usage, $"{option} names the environment variable '{variable}', which is not set.");
}
