using IdLcm.Samples.Members;
using IdLcm.Samples.Projects;
using IdLcm.Samples.Rendering;
using IdLcm.Samples.Settings;
using IdLcm.Samples.SignIn;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples;

/// <summary>Starts sample apps, in this process; several may run side by side on directories of their own.</summary>
public static class SampleAppHost
{
    /// <summary>Returns when the app answers at its address.</summary>
    /// <exception cref="IOException">The data directory belongs to another running app, or the address is taken.</exception>
    public static async Task<SampleApp> StartAsync(SampleAppOptions options, CancellationToken ct)
    {
        if (options.DataDirectory.Length == 0)
            throw new ArgumentException("A data directory is needed.", nameof(options));
        var site = new Site(options);
        var web = Build(options, site);
        try
        {
            await web.StartAsync(ct);
        }
        catch
        {
            await web.DisposeAsync();
            site.Dispose();
            throw;
        }

        return new SampleApp(web, site);
    }

    private static WebApplication Build(SampleAppOptions options, Site site)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning);
        if (options.LogToConsole)
            builder.Logging.AddSimpleConsole();
        builder.WebHost.UseUrls(options.Url).ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        // Open browsers hold connections; a stop does not wait for them.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.Services.AddSingleton(site);

        var web = builder.Build();
        web.UseMiddleware<FaultGate>();
        web.UseMiddleware<Gate>();
        web.MapGet("/site.css", Layout.SendStyleSheet);
        web.MapSignIn();
        web.MapAccount();
        web.MapWorkspace();
        web.MapMembers();
        web.MapProjects();
        web.MapAudit();
        web.MapTestBench();
        web.MapFallback((Visit visit) => visit.NotFound("There is no such page."));
        return web;
    }
}
