using IdLcm.Domain.Connectors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.Automation.Tests;

/// <summary>A browser that has served its number of verbs makes room for its successor, and nobody notices.</summary>
public sealed class RecyclingTests(Lab lab)
{
    [Fact]
    public async Task Verbs_go_on_while_browsers_are_replaced_after_their_number_of_runs()
    {
        var log = new StartedBrowsers();
        await using var process = lab.Build(
            lab.Options with { BrowserRuns = 3, StepTimeout = TimeSpan.FromSeconds(30) },
            services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Information).AddProvider(log)));
        var runner = process.GetRequiredService<IConnectorRunner>();
        var sites = new[] { await lab.StartAsync(), await lab.StartAsync() };

        await Task.WhenAll(sites.Select(async site =>
        {
            for (var i = 0; i < 5; i++)
            {
                var opened = await runner.OpenAsync(site.Request, TestContext.Current.CancellationToken);
                Assert.True(opened.Failure is null, opened.Failure?.ToString());
                await using var session = opened.Session!;
                var users = await session.RunAsync(Site.Call(ConnectorVerb.ListUsers), TestContext.Current.CancellationToken);
                Assert.True(users.Succeeded, users.Failure?.ToString());
            }
        }));

        Assert.True(log.Count >= 3, $"{log.Count} browsers served 10 verbs and their sign-ins.");
    }

    private sealed class StartedBrowsers : ILoggerProvider, ILogger
    {
        private const int StartedChromium = 3001;
        private int count;

        public int Count => Volatile.Read(ref count);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == StartedChromium)
            {
                Interlocked.Increment(ref count);
            }
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
