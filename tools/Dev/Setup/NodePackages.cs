using IdLcm.Dev.Processes;

namespace IdLcm.Dev.Setup;

/// <summary>What the tests of the Azure edition need from npm: Azurite, the emulator of Azure Storage, as its lock file says.</summary>
internal static class NodePackages
{
    private static readonly string[] Manifest = ["package.json", "package-lock.json"];

    private static string Target { get; } = Path.Combine(Repository.Artifacts, "azurite");

    /// <summary>Installs them into <c>artifacts/azurite</c> where they are missing or the lock file changed.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>A task that ends when nothing is missing.</returns>
    /// <exception cref="DevException">They cannot be installed.</exception>
    public static async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var source = Path.Combine(Repository.Root, "tests", "Functions.Tests", "Azurite");
        if (!Directory.Exists(source))
        {
            return;
        }

        var wanted = await File.ReadAllTextAsync(Path.Combine(source, "package-lock.json"), cancellationToken);
        var stamp = Path.Combine(Target, "installed.json");
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellationToken) == wanted)
        {
            return;
        }

        await Console.Error.WriteLineAsync("Installing Azurite …");
        Directory.CreateDirectory(Target);
        File.Delete(stamp);
        foreach (var name in Manifest)
        {
            File.Copy(Path.Combine(source, name), Path.Combine(Target, name), overwrite: true);
        }

        var log = Path.Combine(Repository.Artifacts, "dev", "npm.log");

        // No scripts: nothing of Azurite needs to be built, and no package gets to run a program here.
        string[] install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        if (await Command.RunToLogAsync(log, Target, install, environment: null, cancellationToken) != 0)
        {
            throw new DevException(2, $"Azurite could not be installed from npm, and the tests of the Azure edition need it:\n{BackgroundProcess.Tail(log)}");
        }

        await File.WriteAllTextAsync(stamp, wanted, cancellationToken);
    }
}
