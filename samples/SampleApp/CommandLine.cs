using System.Globalization;
using System.Text.Json;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples;

internal static class CommandLine
{
    public const string Usage = """
        sample-app --data DIR [options]

          --urls URL             address to listen on (default http://127.0.0.1:5080; port 0 takes a free one)
          --data DIR             where the workspace is kept
          --admin-user EMAIL     the administrator (default admin@sample.test)
          --admin-password TEXT  its password (default Sample-admin-1!)
          --admin-totp BASE32    ask for an authentication code made from this secret
          --workspace ID         the workspace ID (default ws-1001)
          --members N            generated members at the first start (default 12)
          --seats N              seats of the plan at the first start (default: twice the members, at least 100)
          --faults JSON          fault switches that are on from the start, as POST /testing/faults takes them
        """;

    public static SampleAppOptions? Parse(IReadOnlyList<string> args, out string problem)
    {
        var options = new SampleAppOptions { Url = "http://127.0.0.1:5080", LogToConsole = true };
        for (var i = 0; i < args.Count; i += 2)
        {
            if (i + 1 == args.Count)
            {
                problem = $"{args[i]} needs a value.";
                return null;
            }

            try
            {
                if (With(options, args[i], args[i + 1]) is not { } next)
                {
                    problem = $"Unknown option {args[i]}.";
                    return null;
                }

                options = next;
            }
            catch (Exception e) when (e is FormatException or OverflowException or JsonException)
            {
                problem = $"{args[i]} cannot be '{args[i + 1]}': {e.Message}";
                return null;
            }
        }

        problem = options.DataDirectory.Length == 0 ? "--data DIR is required." : "";
        return problem.Length == 0 ? options : null;
    }

    private static SampleAppOptions? With(SampleAppOptions options, string name, string value) => name switch
    {
        "--urls" => options with { Url = value },
        "--data" => options with { DataDirectory = value },
        "--admin-user" => options with { AdminUser = value },
        "--admin-password" => options with { AdminPassword = value },
        "--admin-totp" => options with { AdminTotp = value },
        "--workspace" => options with { WorkspaceId = value },
        "--members" => options with { Members = Count(value) },
        "--seats" => options with { Seats = Count(value) },
        "--faults" => options with { Faults = FaultSettings.Parse(value) },
        _ => null,
    };

    private static int Count(string value) => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
}
