using IdLcm.Samples.Testing;

namespace IdLcm.Samples.Tests;

/// <summary>A sample app on a directory and a port of its own, with the administrator's browser at it.</summary>
internal sealed class Running : IAsyncDisposable
{
    private readonly string directory;

    private Running(string directory, SampleApp app) =>
        (this.directory, App, Admin) = (directory, app, new Person(app.BaseAddress));

    public SampleApp App { get; private set; }

    public Person Admin { get; private set; }

    public Faults Faults => App.Faults;

    public static async Task<Running> Start(int members = 0, int? seats = null, string? totp = null, TimeProvider? time = null)
    {
        var data = Directory.CreateTempSubdirectory("sample-app-").FullName;
        return new Running(data, await SampleAppHost.StartAsync(Options(data, members, seats, totp, time), CancellationToken.None));
    }

    public static async Task<Running> StartSignedIn(int members = 0, int? seats = null)
    {
        var running = await Start(members, seats);
        Assert.Equal("/home", (await running.Admin.SignIn()).Path);
        return running;
    }

    /// <summary>Stops and starts again on what is on disk; <paramref name="whileStopped"/> may touch the journal.</summary>
    public async Task Restart(Action<string>? whileStopped = null)
    {
        Admin.Dispose();
        await App.DisposeAsync();
        whileStopped?.Invoke(Path.Combine(directory, "journal.jsonl"));
        App = await SampleAppHost.StartAsync(Options(directory), CancellationToken.None);
        Admin = new Person(App.BaseAddress);
    }

    public Task<SampleApp> StartAnotherOnTheSameDirectory() => SampleAppHost.StartAsync(Options(directory), CancellationToken.None);

    public int IdOf(string email) => App.Snapshot().Single(m => m.Email == email).Id;

    public Task<PageText> OpenMember(string email) => Admin.Open($"/members/{IdOf(email)}");

    public int Times(string happened, string target) => App.Audit().Count(e => e.Event == happened && e.Target == target);

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await App.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    private static SampleAppOptions Options(
        string directory, int members = 0, int? seats = null, string? totp = null, TimeProvider? time = null) => new()
        {
            DataDirectory = directory,
            Members = members,
            Seats = seats,
            AdminTotp = totp,
            Time = time ?? TimeProvider.System,
        };
}
