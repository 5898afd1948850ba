using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdLcm.LocalHost.Hosting;

/// <summary>
/// <c>server.json</c> of a data directory: how the process that owns it is reached. Written when it is ready, mode 0600,
/// and removed when it stops in order; what a killed process left is recognised by its process id.
/// </summary>
/// <param name="Pid">The process.</param>
/// <param name="Urls">Where it listens.</param>
/// <param name="StartedAt">Since when.</param>
internal sealed record ServerFile(int Pid, IReadOnlyList<string> Urls, DateTimeOffset StartedAt)
{
    private const string Name = "server.json";

    /// <summary>Reads the file of a data directory.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    /// <returns>What it says, or null where there is none or it is not whole.</returns>
    public static ServerFile? Read(string dataDirectory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(dataDirectory, Name)), ServerFileJson.Default.ServerFile);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Removes the file of a data directory, if it is there.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    public static void Remove(string dataDirectory) => File.Delete(Path.Combine(dataDirectory, Name));

    /// <summary>Writes the file, at once or not at all.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    public void Write(string dataDirectory) =>
        PrivateFile.Replace(Path.Combine(dataDirectory, Name), JsonSerializer.SerializeToUtf8Bytes(this, ServerFileJson.Default.ServerFile));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ServerFile))]
internal sealed partial class ServerFileJson : JsonSerializerContext;
