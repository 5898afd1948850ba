#nullable disable
using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;
using IdLcm.Functions.Tests.Sdk;

namespace Azure.Data.Tables;

public class TableClientOptions : ClientOptions
{
    public TableClientOptions(ServiceVersion serviceVersion = ServiceVersion.V2020_12_06) =>
        Version = serviceVersion == ServiceVersion.V2019_02_02 ? "2019-02-02" : "2020-12-06";

    public enum ServiceVersion
    {
        V2019_02_02 = 1,
        V2020_12_06 = 2,
    }

    internal string Version { get; }
}

public class TableServiceClient
{
    private readonly HttpPipeline _pipeline;
    private readonly TableClientOptions _options;

    public TableServiceClient(string connectionString, TableClientOptions options = null)
    {
        var account = StorageAccount.Parse(connectionString);
        (Uri, AccountName, _options) = (account.TableEndpoint, account.Name, options ?? new TableClientOptions());
        _pipeline = HttpPipelineBuilder.Build(_options, [], [new SharedKeyLitePolicy(account)], new ResponseClassifier());
    }

    public TableServiceClient(Uri endpoint, TokenCredential tokenCredential, TableClientOptions options = null)
    {
        (Uri, AccountName, _options) = (endpoint, endpoint.Host.Split('.')[0], options ?? new TableClientOptions());
        _pipeline = HttpPipelineBuilder.Build(
            _options, [], [new BearerTokenAuthenticationPolicy(tokenCredential, "https://storage.azure.com/.default")], new ResponseClassifier());
    }

    protected TableServiceClient()
    {
    }

    public virtual string AccountName { get; }

    public virtual Uri Uri { get; }

    public static string CreateQueryFilter(FormattableString filter) => TableClient.CreateQueryFilter(filter);

    public virtual TableClient GetTableClient(string tableName) => new(_pipeline, Uri, tableName, AccountName, _options.Version);
}

/// <summary>Signs as https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key says for Shared Key Lite of tables.</summary>
internal sealed class SharedKeyLitePolicy(StorageAccount account) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var date = DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture);
        message.Request.Headers.SetValue("x-ms-date", date);
        var resource = $"/{account.Name}{message.Request.Uri.ToUri().AbsolutePath}";
        message.Request.Headers.SetValue("Authorization", $"SharedKeyLite {account.Name}:{account.Sign($"{date}\n{resource}")}");
    }
}
