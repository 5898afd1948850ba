using System.Text.Json;
using System.Text.Json.Serialization;
using IdLcm.Dev.Processes;

namespace IdLcm.Dev.Up;

/// <summary>
/// <c>dev.json</c> of a data directory, mode 0600: what <c>up</c> started there. It holds the gateway token and the API
/// key in the clear, so that a later <c>up</c> can show them again: this is for development, the product itself never keeps them.
/// </summary>
internal sealed record DevState
{
    /// <summary>The gateway's port.</summary>
    public int? Port { get; init; }

    /// <summary>The sample app's port: kept, because the integration points to it.</summary>
    public int? SamplePort { get; init; }

    /// <summary>The gateway's process; null when it was stopped.</summary>
    public ProcessIdentity? Server { get; init; }

    /// <summary>The sample app's process; null when it was stopped.</summary>
    public ProcessIdentity? SampleApp { get; init; }

    /// <summary>The integration of the sample app.</summary>
    public string? IntegrationId { get; init; }

    /// <summary>Its gateway token.</summary>
    public string? GatewayToken { get; init; }

    /// <summary>Its SCIM base URL.</summary>
    public string? ScimBaseUrl { get; init; }

    /// <summary>Reads the state of a data directory.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    /// <returns>The state; an empty one where there is none.</returns>
    public static DevState Load(string dataDirectory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(FileOf(dataDirectory)), DevJson.Default.DevState) ?? new DevState();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return new DevState();
        }
        catch (JsonException error)
        {
            throw new DevException(1, $"'{FileOf(dataDirectory)}' is damaged: {error.Message} Run './dev down', delete the file and try again.");
        }
    }

    /// <summary>Writes the state.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    public void Save(string dataDirectory)
    {
        var path = FileOf(dataDirectory);
        var draft = $"{path}.{Environment.ProcessId}";
        using (var file = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(file, this, DevJson.Default.DevState);
        }

        File.Move(draft, path, overwrite: true);
    }

    private static string FileOf(string dataDirectory) => Path.Combine(dataDirectory, "dev.json");
}

/// <summary>What a script needs to know of a running environment: the one line that <c>up --detach</c> prints.</summary>
/// <param name="ScimBaseUrl">The SCIM base URL.</param>
/// <param name="GatewayToken">The bearer token of SCIM requests.</param>
/// <param name="ApiBaseUrl">The management API.</param>
/// <param name="ApiKey">The bearer key of management requests.</param>
/// <param name="DashboardUrl">What to open in a browser.</param>
/// <param name="SampleAppUrl">The sample app.</param>
/// <param name="IntegrationId">The integration.</param>
internal sealed record Environs(
    string ScimBaseUrl, string GatewayToken, string ApiBaseUrl, string ApiKey, string DashboardUrl, string SampleAppUrl, string IntegrationId)
{
    /// <summary>One line of JSON.</summary>
    /// <returns>The line.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, DevLineJson.Default.Environs);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DevState))]
internal sealed partial class DevJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Environs))]
internal sealed partial class DevLineJson : JsonSerializerContext;
