using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

namespace IdLcm.Functions;

/// <summary>The worker process of the Azure edition.</summary>
internal static class Program
{
    /// <summary>Sets the worker up.</summary>
    /// <param name="args">The command line, as the Functions host makes it.</param>
    /// <returns>The worker, not built.</returns>
    internal static FunctionsApplicationBuilder CreateBuilder(string[] args)
    {
        // Settings change with a restart. Watching files for them takes inotify instances, of which a shared machine has few:
        // where there is none left, a worker would not start. The builder's defaults read nothing but the environment for this.
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
        var builder = FunctionsApplication.CreateBuilder(args);
        builder.ConfigureFunctionsWebApplication();
        builder.Services.AddAzureEdition(AzureEditionOptions.Read(builder.Configuration));
        return builder;
    }

    private static Task Main(string[] args) => CreateBuilder(args).Build().RunAsync();
}
