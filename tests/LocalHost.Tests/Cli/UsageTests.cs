using IdLcm.LocalHost.Tests.Storage;

namespace IdLcm.LocalHost.Tests.Cli;

public sealed class UsageTests
{
    [Fact]
    public async Task Help_names_every_command_and_every_exit_code()
    {
        var help = await CliRun.Of("--help");

        Assert.Equal(0, help.ExitCode);
        Assert.All(["serve", "connector", "integration", "operations", "users", "activity"], name => Assert.Contains($"\n  {name} ", help.Output, StringComparison.Ordinal));
        Assert.All(["0", "1", "2", "3", "4", "70", "130"], code => Assert.Contains($"\n  {code} ", help.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("connector lint")]
    [InlineData("connector run")]
    [InlineData("integration create")]
    [InlineData("integration list")]
    [InlineData("operations show")]
    [InlineData("users list")]
    [InlineData("activity verify")]
    public async Task Help_of_a_command_has_examples(string command)
    {
        var help = await CliRun.Of([.. command.Split(' '), "--help"]);

        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
        Assert.Contains($"idlcm {command}", help.Output[help.Output.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explode", "explode")]
    [InlineData("serve --port much", "much")]
    [InlineData("serve --port 70000", "--port")]
    [InlineData("serve --colour red", "--colour")]
    [InlineData("connector lint", "lint")]
    [InlineData("connector run x.yaml listUsers --user u", "--password-env")]
    [InlineData("integration create --name N --app A --service-user U", "--service-password-env")]
    [InlineData("operations list", "--integration")]
    [InlineData("operations list -i x --status Sleeping", "Sleeping")]
    [InlineData("users list -i x --limit 0", "--limit")]
    [InlineData("integration list --server nowhere --api-key k", "nowhere")]
    [InlineData("integration list --server http://192.0.2.1 --api-key k", "--allow-insecure-http")]
    [InlineData("integration list --server http://127.0.0.1:9", "IDLCM_API_KEY")]
    [InlineData("integration create --name N --app A --set tenant --service-user U --service-password-env PATH --server http://127.0.0.1:9 --api-key k", "name=value")]
    [InlineData("integration create --name N --app A --service-user U --service-password-env NOT_SET_HERE --server http://127.0.0.1:9 --api-key k", "NOT_SET_HERE")]
    [InlineData("serve --catalog /no/such/directory", "/no/such/directory")]
    [InlineData("connector lint /no/such/file", "/no/such/file")]
    [InlineData("connector lint --json", "'--json' is no option")]
    [InlineData("connector diff /no/such/file x.yaml", "'/no/such/file' does not exist")]
    [InlineData("connector diff /usr x.yaml", "'/usr' holds no connector.yaml")]
    [InlineData("connector publish /usr", "'/usr' holds no connector.yaml")]
    public async Task A_wrong_command_line_is_told_in_one_line_that_names_what_is_wrong(string arguments, string named)
    {
        var run = await CliRun.Of(arguments.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains(named, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("connector new {file}/acme")]
    [InlineData("serve --data {file}")]
    public async Task A_path_that_cannot_be_used_is_no_defect_of_the_program(string arguments)
    {
        var file = Path.GetTempFileName();
        try
        {
            var run = await CliRun.Of([.. arguments.Split(' ').Select(argument => argument.Replace("{file}", file, StringComparison.Ordinal))]);

            Assert.Equal(3, run.ExitCode);
            Assert.Contains(file, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_server_that_does_not_run_is_told_with_what_to_do()
    {
        using var data = new DataDirectory();

        var none = await CliRun.Of("integration", "list", "--data", data.Path);
        var closed = await CliRun.Of("integration", "list", "--server", "http://127.0.0.1:9", "--api-key", "k");

        Assert.Equal([3, 3], [none.ExitCode, closed.ExitCode]);
        Assert.Contains("idlcm serve", Assert.Single(none.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:9", Assert.Single(closed.ErrorLines), StringComparison.Ordinal);
    }
}
