namespace IdLcm.Dev.Up;

/// <summary><c>down</c>: stops what <c>up</c> started.</summary>
internal static class DownCommand
{
    /// <summary>Runs the command.</summary>
    /// <param name="options">Its options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(UpOptions options)
    {
        var ran = await new Stack(options.DataDirectory).StopAsync(DevState.Load(options.DataDirectory));
        await Console.Error.WriteLineAsync(ran ? "Stopped." : $"Nothing runs on {options.DataDirectory}.");
        return 0;
    }
}
