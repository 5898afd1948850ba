using System.Globalization;

namespace IdLcm.Dev.Up;

/// <summary>The options of <c>up</c> and <c>down</c>.</summary>
internal sealed record UpOptions
{
    /// <summary>The gateway's port where none is given and none was used before.</summary>
    public const int DefaultPort = 8480;

    /// <summary>Where everything is kept.</summary>
    public string DataDirectory { get; init; } = Path.Combine(Repository.Root, ".idlcm");

    /// <summary>The gateway's port; 0 for a free one; null for the one used before.</summary>
    public int? Port { get; init; }

    /// <summary>Returns when all is ready.</summary>
    public bool Detach { get; init; }

    /// <summary>Reads the arguments.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="forDown">Only <c>--data</c> is an option.</param>
    /// <returns>The options.</returns>
    /// <exception cref="DevException">An argument is not known or not valid.</exception>
    public static UpOptions Parse(string[] args, bool forDown = false)
    {
        var options = new UpOptions();
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--data" => options with { DataDirectory = Path.GetFullPath(Value(args, ref i)) },
                "--port" when !forDown => options with { Port = ReadPort(Value(args, ref i)) },
                "--detach" or "-d" when !forDown => options with { Detach = true },
                _ => throw new DevException(2, $"'{args[i]}' is no option of this command; see ./dev help."),
            };
        }

        return options;
    }

    private static string Value(string[] args, ref int i) =>
        ++i < args.Length && args[i].Length > 0 ? args[i] : throw new DevException(2, $"{args[i - 1]} needs a value.");

    private static int ReadPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65534
            ? port
            : throw new DevException(2, $"--port '{text}' must be a number from 0 to 65534.");
}
