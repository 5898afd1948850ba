using System.Net;
using System.Net.Sockets;
using IdLcm.LocalHost.Tests.Storage;

namespace IdLcm.LocalHost.Tests.Cli;

public sealed class ServeTests
{
    [Fact]
    public async Task It_says_when_it_is_ready_and_answers_then()
    {
        using var data = new DataDirectory();
        await using var server = await CliServer.Start(data.Path);
        using var http = new HttpClient();

        Assert.Equal("ready", await http.GetStringAsync(server.Url + "/readyz", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_owner_key_is_printed_at_the_first_start_only_and_is_in_no_log_or_file()
    {
        using var data = new DataDirectory();
        string key;
        await using (var first = await CliServer.Start(data.Path))
        {
            var ended = await first.Stop();
            key = ended.Output.Split(' ', '\n').Single(word => word.StartsWith("idlcm_key_", StringComparison.Ordinal));
            Assert.DoesNotContain(key, ended.Error, StringComparison.Ordinal);
        }

        await using var second = await CliServer.Start(data.Path);
        var again = await second.Stop();

        Assert.DoesNotContain("idlcm_key_", again.Output + again.Error, StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(data.Path, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(key, System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_owner_key_goes_to_a_file_of_its_owner_where_one_is_named_and_opens_the_management_api()
    {
        using var data = new DataDirectory();
        var file = Path.Combine(data.Path, "owner.key");
        await using var server = await CliServer.Start(data.Path, "--owner-key-file", file);

        FileModes.AssertPrivate([file]);
        var listed = await CliRun.Of("integration", "list", "--json", "--data", data.Path);
        Assert.Equal((0, "[]"), (listed.ExitCode, listed.Output.Trim()));

        var ended = await server.Stop();
        Assert.DoesNotContain("idlcm_key_", ended.Output + ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_directory_is_refused_in_one_line()
    {
        using var data = new DataDirectory();
        await using var server = await CliServer.Start(data.Path);

        var second = await CliRun.Of("serve", "--data", data.Path, "--port", "0");

        Assert.Equal(3, second.ExitCode);
        Assert.Empty(second.Output);
        var line = Assert.Single(second.ErrorLines);
        Assert.Contains(data.Path, line, StringComparison.Ordinal);
        Assert.Contains($"pid {server.Pid}", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        using var data = new DataDirectory();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var run = await CliRun.Of("serve", "--data", data.Path, "--port", $"{port}");

        Assert.Equal(3, run.ExitCode);
        var last = run.ErrorLines[^1];
        Assert.Contains($"{port}", last, StringComparison.Ordinal);
        Assert.Contains("--port", last, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(data.Path, "server.json")));
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://192.0.2.1:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    public async Task Plain_http_beyond_this_machine_is_refused(string urls)
    {
        using var data = new DataDirectory();
        var run = await CliRun.Of("serve", "--data", data.Path, "--urls", urls);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("plain HTTP", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(data.Path));
    }

    [Fact]
    public async Task Plain_http_beyond_this_machine_is_refused_from_the_configuration_file_too()
    {
        using var data = new DataDirectory();
        await File.WriteAllTextAsync(
            Path.Combine(data.Path, "appsettings.json"),
            """{ "Kestrel": { "Endpoints": { "Everyone": { "Url": "http://0.0.0.0:0" } } } }""",
            TestContext.Current.CancellationToken);

        var run = await CliRun.Of("serve", "--data", data.Path, "--port", "0");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("plain HTTP", run.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_cannot_be_read_is_told_in_one_line()
    {
        using var data = new DataDirectory();

        var run = await CliRun.With(new() { ["IDLCM_Retry__FirstDelay"] = "soon" }, null, "serve", "--data", data.Path, "--port", "0");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Retry:FirstDelay", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sigterm_stops_it_in_order()
    {
        using var data = new DataDirectory();
        await using var server = await CliServer.Start(data.Path);
        var file = Path.Combine(data.Path, "server.json");
        FileModes.AssertPrivate([file]);

        var ended = await server.Stop();

        Assert.Equal(0, ended.ExitCode);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task What_the_server_refuses_has_an_exit_code_of_its_own()
    {
        using var data = new DataDirectory();
        await using var server = await CliServer.Start(data.Path, "--owner-key-file", Path.Combine(data.Path, "owner.key"));

        var wrongKey = await CliRun.Of("integration", "list", "--server", server.Url, "--api-key", "idlcm_key_none_none");
        var unknown = await CliRun.Of("integration", "show", "nowhere", "--data", data.Path);
        var noApp = await CliRun.With(
            [], "secret-of-the-service-account\n", "integration", "create", "--data", data.Path, "--name", "N", "--app", "no-such-app", "--service-user", "u", "--service-password-stdin");

        Assert.Equal([4, 4, 4], [wrongKey.ExitCode, unknown.ExitCode, noApp.ExitCode]);
        Assert.Contains("nowhere", Assert.Single(unknown.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("no-such-app", Assert.Single(noApp.ErrorLines), StringComparison.Ordinal);
        Assert.DoesNotContain("secret-of-the-service-account", noApp.Output + noApp.Error, StringComparison.Ordinal);
    }
}
