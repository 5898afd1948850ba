using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace IdLcm.Posture.Tests;

/// <summary>Keeps every line of the log, of every level.</summary>
internal sealed class LogKeeper : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    public ILogger CreateLogger(string categoryName) => new Keeper(lines, categoryName);

    public void Dispose()
    {
        // The lines outlive the hosts that wrote them.
    }

    public override string ToString() => string.Join('\n', lines);

    private sealed class Keeper(ConcurrentQueue<string> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}
