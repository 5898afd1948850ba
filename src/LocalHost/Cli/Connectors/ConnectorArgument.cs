namespace IdLcm.LocalHost.Cli.Connectors;

/// <summary>A connector named on the command line: its file, or the folder that holds it.</summary>
internal static class ConnectorArgument
{
    /// <summary>What the argument says in the help.</summary>
    public const string Description = "The connector file, or its folder";

    /// <summary>Finds the file.</summary>
    /// <param name="path">What was typed.</param>
    /// <returns>The file.</returns>
    /// <exception cref="CommandFailedException">There is none.</exception>
    public static string FileOf(string path)
    {
        if (File.Exists(path))
        {
            return path;
        }

        if (!Directory.Exists(path))
        {
            throw new CommandFailedException(ExitCode.Usage, $"'{path}' does not exist.");
        }

        var file = Path.Combine(path, "connector.yaml");
        return File.Exists(file) ? file : throw new CommandFailedException(ExitCode.Usage, $"'{path}' holds no connector.yaml.");
    }
}
