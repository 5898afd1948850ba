using System.Text.Json;
using System.Text.RegularExpressions;
using IdLcm.Functions.Storage;
using IdLcm.Functions.Tests.Hosting;
using Microsoft.Extensions.Configuration;

namespace IdLcm.Functions.Tests.Infra;

/// <summary>Settings, host.json, the container, the workflows: what they say agrees with the code and holds no secret.</summary>
public sealed partial class SettingsTests
{
    [Fact]
    public void No_setting_and_no_output_is_a_key_or_a_secret()
    {
        var names = BicepFile.All.Single(file => file.Name == "settings.bicep").Variables
            .SelectMany(variable => variable.Of("object_property"))
            .Select(property => property.Children[0].Text!);
        var outputs = BicepFile.All.SelectMany(file => file.Outputs).Select(BicepFile.NameOf);

        var secrets = names.Concat(outputs).Where(name => Secret().IsMatch(name));
        Assert.Empty(secrets);
        Assert.DoesNotContain("AzureWebJobsStorage", names);
        Assert.DoesNotContain(BicepFile.All, file => SecretValue().IsMatch(File.ReadAllText(file.Path)));
        Assert.Contains("AzureWebJobsStorage__credential", names);
        Assert.Contains("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", names);
    }

    [Fact]
    public void The_edition_understands_every_setting_that_the_templates_and_the_sample_give_it()
    {
        var templates = BicepFile.All.SelectMany(file => file.Root.Of("object_property").Select(property => property.Children[0].Text)
            .Concat(file.Root.Of("string").Select(text => text.Text)));
        using var sample = JsonDocument.Parse(Repository.Read("local.settings.sample.json"));
        var settings = templates.Concat(sample.RootElement.GetProperty("Values").EnumerateObject().Select(value => value.Name))
            .Where(name => name?.StartsWith("IdLcm__", StringComparison.Ordinal) == true).Distinct().ToList();
        string[] own = ["Role", "PublicUrl", "Connectors", "HistoryDays", "HistoryUrl", "EvidenceDays", "Restored"];

        Assert.True(settings.Count >= 11, string.Join(' ', settings));
        Assert.All(settings, name =>
        {
            var path = name!.Split("__");
            Assert.True(
                path is ["IdLcm", var single] && own.Contains(single)
                || path is ["IdLcm", "Azure", var storage] && typeof(AzureStorageOptions).GetProperty(storage) is not null,
                name);
        });
    }

    [Fact]
    public void The_sample_settings_are_read_as_they_are()
    {
        using var sample = JsonDocument.Parse(Repository.Read("local.settings.sample.json"));
        var values = sample.RootElement.GetProperty("Values").EnumerateObject()
            .Select(value => new KeyValuePair<string, string?>(value.Name.Replace("__", ":", StringComparison.Ordinal), value.Value.GetString()));

        var options = AzureEditionOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());

        Assert.Equal((EditionRole.All, null, 30), (options.Role, options.PublicUrl, (int)options.HistoryRetention.TotalDays));
        Assert.Equal("UseDevelopmentStorage=true", options.Storage.DevelopmentConnectionString);
        Assert.Null(options.Storage.KeyVaultEndpoint);
    }

    [Fact]
    public void The_host_is_set_up_as_the_functions_need_it()
    {
        using var json = JsonDocument.Parse(Repository.Read("host.json"));
        var host = json.RootElement;
        var durable = host.GetProperty("extensions").GetProperty("durableTask");

        Assert.Equal("2.0", host.GetProperty("version").GetString());
        Assert.Equal("OpenTelemetry", host.GetProperty("telemetryMode").GetString());

        // Routes of functions are whole paths.
        Assert.Equal("", host.GetProperty("extensions").GetProperty("http").GetProperty("routePrefix").GetString());
        Assert.Equal("idlcm", durable.GetProperty("hubName").GetString());
        Assert.Equal("azureStorage", durable.GetProperty("storageProvider").GetProperty("type").GetString());
        Assert.False(durable.GetProperty("extendedSessionsEnabled").GetBoolean());
        Assert.False(durable.GetProperty("tracing").GetProperty("traceInputsAndOutputs").GetBoolean());

        // An attempt of an operation ends within ten minutes of its own.
        Assert.True(TimeSpan.Parse(host.GetProperty("functionTimeout").GetString()!) > TimeSpan.FromMinutes(10));
    }

    [Fact]
    public void Every_line_of_the_settings_is_explained()
    {
        var guide = Repository.Read("docs/azure.md");
        foreach (var file in new[] { "host.json", "local.settings.sample.json" })
        {
            using var json = JsonDocument.Parse(Repository.Read(file));
            Assert.All(Leaves(json.RootElement), name => Assert.Contains($"`{name}`", guide, StringComparison.Ordinal));
        }

        Assert.All(BicepFile.Main.Parameters.Select(BicepFile.NameOf), name => Assert.Contains($"`{name}`", guide, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_parameter_of_the_parameter_file_is_one_of_the_template()
    {
        using var json = JsonDocument.Parse(Repository.Read("infra/main.parameters.json"));
        var given = json.RootElement.GetProperty("parameters").EnumerateObject().Select(parameter => parameter.Name).ToList();
        var known = BicepFile.Main.Parameters.ToDictionary(BicepFile.NameOf, StringComparer.Ordinal);

        Assert.Empty(given.Except(known.Keys));
        Assert.Empty(known.Where(parameter => parameter.Value.Children.Count == 2).Select(parameter => parameter.Key).Except(given));
    }

    [Fact]
    public void Every_event_that_an_alert_looks_for_is_logged_and_every_alert_is_in_the_runbook()
    {
        var alerts = File.ReadAllText(Repository.PathOf("infra/modules/alerts.bicep"));
        var logged = Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => LoggedEvents().Matches(File.ReadAllText(file)).Select(match => match.Groups["id"].Value))
            .ToHashSet(StringComparer.Ordinal);
        var wanted = WantedEvents().Matches(alerts).SelectMany(match => Numbers().Matches(match.Value)).Select(match => match.Value).ToList();
        var runbook = Repository.Read("docs/runbook.md");

        Assert.True(wanted.Count >= 6);
        Assert.Empty(wanted.Except(logged));
        Assert.All(AlertNames().Matches(alerts).Select(match => match.Groups["name"].Value), name => Assert.Contains($"### {name}", runbook, StringComparison.Ordinal));
        Assert.Contains("### storage-availability", runbook, StringComparison.Ordinal);
        Assert.Contains("### vault-availability", runbook, StringComparison.Ordinal);
    }

    [Fact]
    public void The_container_is_built_from_what_there_is_and_runs_as_nobody_special()
    {
        var lines = Repository.Read("Dockerfile").Split('\n');

        foreach (var source in lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal)))
        {
            Assert.All(source.Split(' ')[1..^1], path => Assert.True(Path.Exists(Repository.PathOf(path)), path));
        }

        Assert.Contains("USER 10001:10001", lines);
        Assert.Contains(lines, line => line.Contains("NOT BUILT", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("IdLcm__Role=all", StringComparison.Ordinal));
        Assert.Contains(FunctionIndex.All, function => function.Http?.Route == "healthz");
    }

    [Fact]
    public void Every_action_of_the_workflows_is_pinned_to_a_commit_and_no_secret_is_used()
    {
        foreach (var file in Directory.GetFiles(Repository.PathOf(".github/workflows"), "*.yml"))
        {
            var text = File.ReadAllText(file);
            Assert.All(Uses().Matches(text).Select(match => match.Groups["action"].Value), action => Assert.Matches("^[\\w./-]+@[0-9a-f]{40} # v\\d", action));
            Assert.DoesNotContain("secrets.", text, StringComparison.Ordinal);
            Assert.Contains("permissions:", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_test_that_the_guide_names_is_one_of_these_tests()
    {
        var tests = typeof(SettingsTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Where(method => method.IsDefined(typeof(FactAttribute), inherit: true)).Select(method => $"{type.Name}.{method.Name}"));
        var named = NamedTests().Matches(Repository.Read("docs/azure.md")).Select(match => match.Groups["test"].Value).ToList();

        Assert.True(named.Count >= 15, string.Join(' ', named));
        Assert.Empty(named.Except(tests, StringComparer.Ordinal));
    }

    private static IEnumerable<string> Leaves(JsonElement element) => element.ValueKind != JsonValueKind.Object
        ? []
        : element.EnumerateObject().SelectMany(property => property.Value.ValueKind == JsonValueKind.Object ? Leaves(property.Value) : [property.Name]);

    [GeneratedRegex("(?<!DisableHomepage)(?:accesskey|accountkey|sharedkey|password|secret|token|sas$|masterkey|_KEY$)(?!StorageType)", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secret();

    [GeneratedRegex("AccountKey=|SharedAccessKey=|SharedAccessSignature|listKeys|\\bsig=", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretValue();

    [GeneratedRegex(@"LoggerMessage\((?<id>\d+),", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LoggedEvents();

    [GeneratedRegex(@"EventId (?:== \d+|in \([\d, ]+\))", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WantedEvents();

    [GeneratedRegex(@"\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbers();

    [GeneratedRegex(@"    name: '(?<name>[a-z-]+)'\n    severity", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AlertNames();

    [GeneratedRegex(@"`(?<test>\w+Tests\.\w+)`", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamedTests();

    [GeneratedRegex(@"uses: (?<action>.+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Uses();
}
