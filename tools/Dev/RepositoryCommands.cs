using IdLcm.Dev.Processes;
using IdLcm.Dev.Setup;

namespace IdLcm.Dev;

/// <summary>The commands that hand over to another program.</summary>
internal static class RepositoryCommands
{
    /// <summary><c>setup</c>: installs what is missing and builds everything.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> SetupAsync(CancellationToken cancellationToken)
    {
        await SystemPackages.EnsureForTestsAsync(cancellationToken);
        await NodePackages.EnsureAsync(cancellationToken);
        await Build.EnsureAsync(BuildScope.Everything, cancellationToken);
        await Console.Error.WriteLineAsync("Everything is set up.");
        return 0;
    }

    /// <summary><c>lint</c>: checks the connectors of the catalog.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> LintAsync(CancellationToken cancellationToken)
    {
        await Build.EnsureAsync(BuildScope.Edition, cancellationToken);
        return await Command.RunAsync(Repository.Root, [Repository.Dotnet, Repository.Server, "connector", "lint", "apps"], cancellationToken);
    }

    /// <summary><c>bench</c>: runs a benchmark.</summary>
    /// <param name="args">Its name and arguments; none to list the names.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> BenchAsync(string[] args, CancellationToken cancellationToken)
    {
        var projects = Directory.EnumerateFiles(Path.Combine(Repository.Root, "bench"), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file), StringComparer.OrdinalIgnoreCase);
        if (args is not [var name, .. var rest])
        {
            await Console.Out.WriteLineAsync($"Benchmarks: {string.Join(", ", projects.Keys.Order(StringComparer.Ordinal))}");
            return 0;
        }

        if (!projects.TryGetValue(name, out var project))
        {
            throw new DevException(2, $"There is no benchmark '{name}'. There are {string.Join(", ", projects.Keys.Order(StringComparer.Ordinal))}.");
        }

        await SystemPackages.EnsureAsync(cancellationToken);
        await Build.ProjectAsync(project, cancellationToken);
        return await Command.RunAsync(
            Repository.Root, [Repository.Dotnet, "run", "--no-build", "-c", Repository.Configuration, "--project", project, "--", .. rest], cancellationToken);
    }

    /// <summary><c>format</c>: formats the code.</summary>
    /// <param name="check">Only checks it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> FormatAsync(bool check, CancellationToken cancellationToken)
    {
        string[] command = [Repository.Dotnet, "format", Path.Combine(Repository.Root, "IdLcm.sln")];
        return Command.RunAsync(Repository.Root, check ? [.. command, "--verify-no-changes"] : command, cancellationToken);
    }
}
