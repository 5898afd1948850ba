using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace IdLcm.EndToEnd.Tests.Dev;

/// <summary>A data directory for <c>./dev up</c>, with a blank in its name; stopped and deleted with the test.</summary>
internal sealed class DevEnvironment : IAsyncDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("idlcm-dev-").FullName;

    public string Data => Path.Combine(_parent, "data directory");

    public Task<DevRun> Up(params string[] more) => DevRun.Of(["up", "--detach", "--data", Data, .. more]);

    public Task<DevRun> Down() => DevRun.Of("down", "--data", Data);

    /// <summary>The process ids of what runs, as the environment keeps them.</summary>
    public async Task<(int Server, int SampleApp)> Pids()
    {
        var state = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "dev.json"), TestContext.Current.CancellationToken))!;
        return ((int)state["server"]!["pid"]!, (int)state["sampleApp"]!["pid"]!);
    }

    /// <summary>All processes that belong to it, the browser's too: by the mark in their environment.</summary>
    public List<int> Processes()
    {
        var mark = $"\0IDLCM_DEV_DATA={Data}\0";
        return
        [
            .. Directory.EnumerateDirectories("/proc")
                .Select(Path.GetFileName)
                .Where(name => name!.All(char.IsAsciiDigit) && Environ(name!).Contains(mark, StringComparison.Ordinal))
                .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        if (Directory.Exists(Data))
        {
            await Down();
        }

        Directory.Delete(_parent, recursive: true);
    }

    private static string Environ(string pid)
    {
        try
        {
            return "\0" + Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ")) + "\0";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
