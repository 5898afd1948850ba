using System.Runtime.InteropServices;
using IdLcm.Dev.Processes;

namespace IdLcm.Dev.Setup;

/// <summary>What the product needs from the system: a browser, SQLite and a font.</summary>
internal static class SystemPackages
{
    // Azurite comes by npm; pages are opened in the light Chromium, the launch extension in the one that takes extensions.
    private static readonly string[] ForTests = ["npm", "chromium-headless-shell", "chromium"];

    // Whichever of these is there; the product looks for the same.
    private static readonly string[] Browsers = ["/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

    /// <summary>Installs what is missing, from Debian's packages.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A task that ends when nothing is missing.</returns>
    /// <exception cref="DevException">It cannot be installed here.</exception>
    public static Task EnsureAsync(CancellationToken cancellationToken) => EnsureAsync(Missing, cancellationToken);

    /// <summary>Installs also what the tests need.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A task that ends when nothing is missing.</returns>
    /// <exception cref="DevException">It cannot be installed here.</exception>
    public static Task EnsureForTestsAsync(CancellationToken cancellationToken) =>
        EnsureAsync(static () => [.. Missing().Union(ForTests.Where(program => !OnPath(program)))], cancellationToken);

    private static async Task EnsureAsync(Func<List<string>> find, CancellationToken cancellationToken)
    {
        var missing = find();
        if (missing.Count == 0)
        {
            return;
        }

        if (!File.Exists("/usr/bin/apt-get"))
        {
            throw new DevException(2, $"These are missing, and there is no apt-get to install them with: {string.Join(' ', missing)}. "
                + "Install them as this system does; IDLCM_CHROMIUM names a Chromium elsewhere.");
        }

        await Console.Error.WriteLineAsync($"Installing {string.Join(' ', missing)} …");
        var log = Path.Combine(Repository.Artifacts, "dev", "apt.log");
        string[] install = [.. AsRoot(), "apt-get", "install", "-y", "--no-install-recommends", .. missing];
        if (await RunAsync(log, install, cancellationToken) != 0)
        {
            // The package lists are missing or too old.
            if (await RunAsync(log, [.. AsRoot(), "apt-get", "update"], cancellationToken) != 0
                || await RunAsync(log, install, cancellationToken) != 0)
            {
                throw new DevException(2, $"{string.Join(' ', missing)} could not be installed:\n{BackgroundProcess.Tail(log)}\n"
                    + $"Install them by hand: sudo apt-get install {string.Join(' ', missing)}");
            }
        }

        if (find() is { Count: > 0 } still)
        {
            throw new DevException(2, $"apt-get installed without an error, but these are still missing: {string.Join(' ', still)}.");
        }
    }

    private static List<string> Missing()
    {
        var missing = new List<string>();
        if (Environment.GetEnvironmentVariable("IDLCM_CHROMIUM") is { Length: > 0 } named ? !File.Exists(named) : !Browsers.Any(File.Exists))
        {
            // The helper gives Chromium its sandbox where people may not make user namespaces.
            missing.AddRange(["chromium-headless-shell", "chromium-sandbox"]);
        }

        if (!NativeLibrary.TryLoad("libsqlite3.so.0", out var sqlite))
        {
            missing.Add("libsqlite3-0");
        }
        else
        {
            NativeLibrary.Free(sqlite);
        }

        if (!Directory.Exists("/usr/share/fonts") || !Directory.EnumerateFiles("/usr/share/fonts", "*.ttf", SearchOption.AllDirectories).Any())
        {
            missing.Add("fonts-liberation");
        }

        return missing;
    }

    private static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(directory => File.Exists(Path.Combine(directory, program)));

    // -n: never ask for a password where nobody can answer.
    private static string[] AsRoot() =>
        Environment.IsPrivilegedProcess ? [] : Console.IsInputRedirected ? ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"] : ["sudo", "--preserve-env=DEBIAN_FRONTEND"];

    private static Task<int> RunAsync(string log, string[] command, CancellationToken cancellationToken) => Command.RunToLogAsync(
        log, "/", command, new Dictionary<string, string>(StringComparer.Ordinal) { ["DEBIAN_FRONTEND"] = "noninteractive" }, cancellationToken);
}
