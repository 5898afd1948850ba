using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

namespace IdLcm.Functions;

/// <summary>The worker process of the Azure edition.</summary>
internal static class Program
{
    private static Task Main(string[] args)
    {
        var builder = FunctionsApplication.CreateBuilder(args);
        builder.ConfigureFunctionsWebApplication();
        builder.Services.AddAzureEdition(AzureEditionOptions.Read(builder.Configuration));
        return builder.Build().RunAsync();
    }
}
