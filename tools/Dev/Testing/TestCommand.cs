using System.Globalization;
using IdLcm.Dev.Processes;
using IdLcm.Dev.Setup;

namespace IdLcm.Dev.Testing;

/// <summary><c>test</c>: builds everything and runs the test projects.</summary>
internal static class TestCommand
{
    // Two projects share the machine. Those that take longest begin, so that the short ones fill what is left beside them.
    private static readonly List<string> LongestFirst = ["Dashboard.Tests", "Apps.Tests", "Functions.Tests", "LocalHost.Tests"];

    // Drives several processes and browsers at once; beside others its time limits would mean nothing.
    private static readonly HashSet<string> Alone = new(StringComparer.Ordinal) { "Automation.Tests", "EndToEnd.Tests", "Posture.Tests" };

    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(30);

    /// <summary>Runs the command.</summary>
    /// <param name="args"><c>--filter X</c>, <c>--apps</c> and parts of project names.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The exit code: 0 when tests ran and none failed.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var (filter, names) = Read(args);
        await SystemPackages.EnsureForTestsAsync(cancellationToken);
        var projects = Select(names);
        await Task.WhenAll(
            Build.EnsureAsync(BuildScope.Everything, cancellationToken),
            projects.Any(project => project.Name == "Functions.Tests") ? NodePackages.EnsureAsync(cancellationToken) : Task.CompletedTask);
        foreach (var project in projects.Where(project => !File.Exists(project.Assembly)))
        {
            // Not in the solution (yet).
            await Build.ProjectAsync(project.File, cancellationToken);
        }

        var results = Path.Combine(Repository.Artifacts, "test-results");
        if (Directory.Exists(results))
        {
            Directory.Delete(results, recursive: true);
        }

        var runs = new List<TestRun>();
        await Parallel.ForEachAsync(
            projects.Where(project => !Alone.Contains(project.Name)).OrderBy(project => LongestFirst.Contains(project.Name) ? LongestFirst.IndexOf(project.Name) : LongestFirst.Count),
            new ParallelOptions { MaxDegreeOfParallelism = Math.Clamp(Environment.ProcessorCount, 1, 2), CancellationToken = cancellationToken },
            async (project, _) => await AddAsync(project));
        foreach (var project in projects.Where(project => Alone.Contains(project.Name)))
        {
            await AddAsync(project);
        }

        return Report(runs);

        async Task AddAsync(TestProject project)
        {
            var run = await RunAsync(project, filter, results, cancellationToken);
            lock (runs)
            {
                runs.Add(run);
                run.Print();
            }
        }
    }

    private static (string? Filter, List<string> Names) Read(string[] args)
    {
        string? filter = null;
        var names = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--filter")
            {
                filter = ++i < args.Length ? args[i] : throw new DevException(2, "--filter needs a value.");
            }
            else if (args[i] == "--apps")
            {
                // Third-party apps are installed and started only where somebody asks for it.
                Environment.SetEnvironmentVariable("IDLCM_APPS", "1");
                names.Add("Apps.Tests");
            }
            else if (args[i].StartsWith('-'))
            {
                throw new DevException(2, $"'{args[i]}' is no option of test; there are --filter X and --apps.");
            }
            else
            {
                names.Add(args[i]);
            }
        }

        return (filter, names);
    }

    private static List<TestProject> Select(List<string> names)
    {
        var all = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.Tests.csproj", SearchOption.AllDirectories)
            .Select(file => new TestProject(Path.GetFileNameWithoutExtension(file), file))
            .OrderBy(project => project.Name, StringComparer.Ordinal)
            .ToList();
        foreach (var name in names.Where(name => !all.Any(project => Matches(project, name))))
        {
            throw new DevException(2, $"There is no test project '{name}'. There are {string.Join(", ", all.Select(project => project.Name))}.");
        }

        return names.Count == 0 ? all : [.. all.Where(project => names.Any(name => Matches(project, name)))];

        // "Domain", "Domain.Tests", "tests/Domain.Tests" and the project file all name the same.
        static bool Matches(TestProject project, string name)
        {
            name = Path.GetFileName(name.TrimEnd('/'));
            name = name.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(name) : name;
            return project.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || project.Name.Equals(name + ".Tests", StringComparison.OrdinalIgnoreCase);
        }
    }

    private static async Task<TestRun> RunAsync(TestProject project, string? filter, string results, CancellationToken cancellationToken)
    {
        var log = Path.Combine(results, project.Name + ".log");
        var trx = Path.Combine(results, project.Name + ".trx");
        string[] command =
        [
            Repository.Dotnet, "test", project.Assembly, "--logger", $"trx;LogFileName={project.Name}.trx", "--results-directory", results,

            // A test that hangs ends its project alone, is named in the log, and what was done before it counts.
            "--blame-hang-timeout", "15m", "--blame-hang-dump-type", "none",
        ];
        if (filter is not null)
        {
            command = [.. command, "--filter", filter];
        }

        var minutes = double.TryParse(Environment.GetEnvironmentVariable("IDLCM_TEST_MINUTES"), CultureInfo.InvariantCulture, out var given) ? given : DefaultLimit.TotalMinutes;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(minutes));
        var began = DateTime.UtcNow;
        int? exitCode;
        try
        {
            exitCode = await Command.RunToLogAsync(log, Repository.Root, command, environment: null, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            exitCode = null;
        }

        return TestRun.Read(project.Name, trx, log, exitCode, DateTime.UtcNow - began, filtered: filter is not null);
    }

    private static int Report(List<TestRun> runs)
    {
        var passed = runs.Sum(run => run.Passed);
        var failed = runs.Sum(run => run.Failures.Count);
        var skipped = runs.Sum(run => run.Skipped);
        if (passed + failed == 0)
        {
            Console.Error.WriteLine("dev: no test ran.");
        }

        Console.Out.WriteLine($"{passed} passed, {failed} failed{(skipped > 0 ? $", {skipped} skipped" : "")}");
        return failed == 0 && passed > 0 ? 0 : 1;
    }
}

/// <summary>A test project.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">Its project file.</param>
internal sealed record TestProject(string Name, string File)
{
    /// <summary>What it builds.</summary>
    public string Assembly =>
        Path.Combine(Path.GetDirectoryName(File)!, "bin", Repository.Configuration, "net10.0", $"IdLcm.{Name}.dll");
}
