using System.CommandLine;
using IdLcm.Automation;

namespace IdLcm.LocalHost.Cli.Connectors.Checking;

/// <summary><c>idlcm connector test</c>: the checklist against the real app.</summary>
internal static class CheckCommand
{
    // Long enough for a page whose every answer comes a second later; one that never shows what is looked for should not cost more.
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(8);

    /// <summary>Builds the command.</summary>
    /// <returns>The command.</returns>
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = ConnectorArgument.Description };
        var set = new Option<string[]>("--set") { Description = "A setting that the connector asks for; may be repeated", HelpName = "NAME=VALUE" };
        var account = new TrialAccountOptions();
        var input = new Option<string[]>("--input") { Description = "A value for an attribute of the people who are created; may be repeated", HelpName = "NAME=VALUE" };
        var domain = new Option<string>("--mail-domain") { Description = "Domain of the addresses of the people who are created", DefaultValueFactory = _ => "example.com", HelpName = "DOMAIN" };
        var readOnly = new Option<bool>("--read-only") { Description = "Create and change nobody" };
        var noBadSignIn = new Option<bool>("--no-bad-sign-in") { Description = "Do not try a wrong password, where the app locks accounts for it" };
        var report = new Option<string>("--report") { Description = "Where report.html, junit.xml and evidence go", DefaultValueFactory = _ => "connector-report", HelpName = "DIR" };
        var headed = new Option<bool>("--headed") { Description = "Show the browser's window" };
        var command = new ExampleCommand(
            "test",
            "Goes through the checklist against the real app: signing in, reading, creating people with every role, changing and removing them. "
            + "It removes whom it created. Use a test tenant where there is one. Exit code 1 when a check fails.",
            "PW=… idlcm connector test acme-crm/connector.yaml --set tenant=acme --user svc@acme.example --password-env PW",
            "TOKEN=… idlcm connector test redmine-api/connector.yaml --set appUrl=https://redmine.acme.example --token-env TOKEN --read-only")
        {
            file, set, input, domain, readOnly, noBadSignIn, report, headed,
        };
        account.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            ConnectorArgument.FileOf(parsed.GetValue(file)!),
            CommonOptions.Pairs("--set", parsed.GetValue(set)),
            account.Read(parsed),
            CommonOptions.Pairs("--input", parsed.GetValue(input)),
            parsed.GetValue(domain)!,
            new CheckOptions(parsed.GetValue(readOnly), parsed.GetValue(noBadSignIn)),
            parsed.GetValue(report)!,
            parsed.GetValue(headed),
            parsed.InvocationConfiguration,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        string file,
        Dictionary<string, string> settings,
        TrialAccount account,
        Dictionary<string, string> inputs,
        string domain,
        CheckOptions options,
        string report,
        bool headed,
        InvocationConfiguration console,
        CancellationToken cancellationToken)
    {
        await using var host = TrialHost.Create(file, settings, new AutomationOptions { Headless = !headed }, console.Error);
        var log = new CheckLog(host, report, console);
        var at = TimeProvider.System.GetUtcNow();
        var people = new CheckPeople(host.Manifest, inputs, domain, at.ToUnixTimeSeconds().ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        var request = await account.RequestAsync(host, settings);
        var run = new CheckRun(host, request, people, log, options);
        if (await run.RunAsync(cancellationToken))
        {
            var fault = new AppFault();
            await using var faulty = TrialHost.Create(file, settings, new AutomationOptions { Headless = !headed, StepTimeout = StepLimit, BeforeRequest = fault.AnswerAsync }, console.Error);
            var other = await account.RequestAsync(faulty, settings) with { OneTimeCodeUsedAt = request.TotpSecret is null ? null : run.SignedInAt };
            await new FaultChecks(faulty, other, fault, log).RunAsync(run.Known, run.MayCreate ? people.Next(run.AnyRole) : null, cancellationToken);
        }

        CheckReports.Write(report, host.Manifest, log.Outcomes, at);
        console.Error.WriteLine($"{log.Outcomes.Count - log.Failed} of {log.Outcomes.Count} checks did not fail; see {Path.Combine(report, "report.html")}");
        return log.Failed == 0 ? ExitCode.Ok : ExitCode.Failed;
    }
}
