using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>Checks an integration in its app: sign-in, permissions and business ID, the list of users, the roles.</summary>
/// <param name="runner">Runs connectors.</param>
internal sealed class ValidationRun(IConnectorRunner runner)
{
    public async Task<RunOutcome> RunAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        var profile = run.Profile;
        var findings = new List<ValidationFinding>();
        var opened = await runner.OpenAsync(Sessions.For(profile, run, freshSignIn: true), cancellationToken);
        run.Keep(opened.Evidence);
        findings.Add(Finding("Sign in", opened.Failure, $"Signed in as {profile.Integration.ServiceAccount!.UserName}."));
        if (opened.Session is null)
        {
            return new RunOutcome { Failure = opened.Failure, Findings = findings, Final = true };
        }

        await using var session = opened.Session;
        var failure = await CheckAsync(ConnectorVerb.Validate, "Permissions and business ID", _ => (null, "The account may administer people here."))
            ?? await CheckAsync(ConnectorVerb.ListUsers, "Users", result => result.Complete
                ? (null, $"{result.RowsRead} accounts read, proved complete.")
                : (new Failure(FailureCode.IncompleteRead, "The list of accounts was not proved complete."), ""), RowSink.Counting)
            ?? await CheckAsync(ConnectorVerb.ListRoles, "Roles", result => CompareRoles(profile, result.Rows))
            ?? (EntitlementCatalog.IsReadable(profile)
                ? await CheckAsync(ConnectorVerb.ListEntitlements, "Entitlements", result => (null, $"{EntitlementCatalog.Read(profile, result.Rows).Count} entitlements read."))
                : null)
            ?? (Assets.AssetCatalog.IsReadable(profile)
                ? await CheckAsync(ConnectorVerb.ListAssets, "Assets", result => (null, $"{Assets.AssetCatalog.Read(profile, result.Rows).Assets.Count} assets read."))
                : null);
        return new RunOutcome { Failure = failure, Findings = findings, Final = true };

        async Task<Failure?> CheckAsync(ConnectorVerb verb, string name, Func<VerbResult, (Failure? Failure, string Detail)> judge, IRowSink? rows = null)
        {
            if (!profile.Manifest.Verbs.Contains(verb))
            {
                return null;
            }

            run.Begin(verb);
            var result = await session.RunAsync(new VerbCall(verb, []) { Rows = rows }, cancellationToken);
            run.Keep(result.Evidence);
            var (problem, detail) = result.Failure is null ? judge(result) : (result.Failure, "");
            findings.Add(Finding(name, problem, detail));
            return problem;
        }
    }

    private static (Failure? Failure, string Detail) CompareRoles(IntegrationProfile profile, IReadOnlyList<JsonObject> rows)
    {
        var offered = OfferedRoles.Read(rows, default);
        var missing = offered.MissingOf(profile.Schema);
        return missing.Count == 0
            ? (null, $"{offered.Shown.Count} roles read.")
            : (new Failure(FailureCode.PageChanged, $"The app does not show the roles {string.Join(", ", missing)} of the user schema."), "");
    }

    private static ValidationFinding Finding(string check, Failure? failure, string detail) => failure is null
        ? new ValidationFinding(check, Passed: true, detail)
        : new ValidationFinding(check, Passed: false, failure.Detail, failure.Code, FailureCodes.Of(failure.Code).Action);
}
