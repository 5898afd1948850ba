using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Secrets;

namespace IdLcm.Domain.Integrations;

/// <summary>
/// What administrators do with integrations: make and test them, change them, pause them, hand out gateway tokens. The
/// management API and the dashboard both go through here.
/// </summary>
/// <param name="integrations">The integrations.</param>
/// <param name="profiles">The integrations with their connectors.</param>
/// <param name="views">Shows integrations with their status.</param>
/// <param name="catalog">The connectors.</param>
/// <param name="secrets">Keeps the secrets of service accounts.</param>
/// <param name="operations">Opens validations.</param>
/// <param name="unmatched">Finds unmatched accounts by other attributes.</param>
/// <param name="signal">Told when a lane may have work.</param>
/// <param name="feed">Told of every change.</param>
/// <param name="clock">The clock.</param>
public sealed partial class IntegrationService(
    IntegrationStore integrations,
    IntegrationProfiles profiles,
    IntegrationViews views,
    IConnectorCatalog catalog,
    ISecretStore secrets,
    OperationService operations,
    Matching.Unmatched unmatched,
    LaneSignal signal,
    ChangeFeed feed,
    TimeProvider clock)
{
    /// <summary>Makes an integration and has it validated: <i>Test and save</i>.</summary>
    /// <param name="input">What it is made of.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the integration is kept.</param>
    /// <returns>The integration with its validation and, this once, its gateway token; or the fields that are at fault.</returns>
    public async Task<Result<SavedIntegration>> CreateAsync(NewIntegration input, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        var name = IntegrationRules.Text(input.Name, "name", IntegrationRules.MaxName, problems);
        var label = IntegrationRules.Text(input.TokenLabel ?? "Identity provider", "tokenLabel", IntegrationRules.MaxName, problems);
        var manifest = string.IsNullOrWhiteSpace(input.App) ? null : catalog.Find(input.App);
        if (manifest is null)
        {
            problems.Add(new FieldProblem("app", string.IsNullOrWhiteSpace(input.App)
                ? "is required: the id of a connector of the app catalog."
                : $"'{input.App}' is not in the app catalog. It has {string.Join(", ", catalog.List().Select(m => m.Id))}."));
            return Refusal.Invalid(problems);
        }

        var settings = IntegrationRules.Settings(manifest, input.Settings ?? new Dictionary<string, string?>(), problems);
        var account = ServiceAccountRules.Check(manifest, input.ServiceAccount, null, problems);
        if (input.UserSchema is not null)
        {
            IntegrationRules.Schema(input.UserSchema, problems);
        }

        if (input.Policies is { } policies)
        {
            PolicyRules.Check(policies, input.UserSchema ?? manifest.UserSchema, problems);
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        var now = clock.GetUtcNow();
        var id = Ids.NewShort();
        var (kept, token) = GatewayTokens.New(label!, now, GatewayTokens.DefaultLifetime);
        await KeepSecretsAsync(id, account!, cancellationToken);
        var integration = new Integration
        {
            Id = id,
            Name = name!,
            ConnectorId = manifest.Id,
            ConnectorVersion = manifest.Version,
            Settings = settings,
            ServiceAccount = new ServiceAccount(account!.UserName, account.LoginMethod, account.Totp is { Length: > 0 }, now),
            Deprovision = input.Deprovision,
            UserSchema = input.UserSchema,
            Tokens = [kept],
            CreatedAt = now,
            CreatedBy = by.Actor,
            ModifiedAt = now,
        };
        integration = input.Policies is null ? integration : WithPolicies(integration, input.Policies);
        integration = input.ObserveOnly ? integration with { ObserveOnly = new Pause(by.Actor, now, "It is new") } : integration;
        await integrations.AddAsync(
            integration,
            [
                Event(ActivityKind.IntegrationConnected, by, now, integration.Name, $"{manifest.AppName}, connector version {manifest.Version}"),
                Event(ActivityKind.ServiceAccountCreated, by, now, account.UserName, null),
                Event(ActivityKind.TokenGenerated, by, now, kept.Label, Describe(kept)),
            ],
            cancellationToken);
        var validation = await ValidateAsync(id, by, cancellationToken);
        return new SavedIntegration((await views.FindAsync(id, cancellationToken))!, validation, token);
    }

    /// <summary>Changes name, settings, deprovision model or user schema. Changed settings are validated again.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="change">The change.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration, or why it was not changed.</returns>
    public async Task<Result<SavedIntegration>> ChangeAsync(string id, IntegrationChange change, Provenance by, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(id, cancellationToken) is not { } profile)
        {
            return NotFound(id);
        }

        var problems = new List<FieldProblem>();
        var name = change.Name is null ? null : IntegrationRules.Text(change.Name, "name", IntegrationRules.MaxName, problems);
        if (change.UserSchema is not null)
        {
            IntegrationRules.Schema(change.UserSchema, problems);
        }

        PolicyRules.Check(change, change.UserSchema ?? profile.Schema, problems);
        IReadOnlyDictionary<string, string> settings = profile.Integration.Settings;
        var retest = false;
        var changed = await integrations.ChangeAsync(
            id,
            before =>
            {
                var now = clock.GetUtcNow();
                settings = change.Settings is null ? before.Settings : Merge(profile.Manifest, before.Settings, change.Settings, problems);
                if (problems.Count > 0)
                {
                    return null;
                }

                var after = WithPolicies(before, change) with
                {
                    Name = name ?? before.Name,
                    Settings = settings,
                    UserSchema = change.ResetUserSchema ? null : change.UserSchema ?? before.UserSchema,
                    ModifiedAt = now,
                };
                var what = Differences(before, after);
                retest = !Same(before.Settings, after.Settings);
                return what.Count == 0 ? null : (after, [Event(ActivityKind.SettingsChanged, by, now, after.Name, string.Join("; ", what))]);
            },
            cancellationToken);
        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        if (changed is null)
        {
            return NotFound(id);
        }

        if (change.MatchBy is not null && await profiles.FindAsync(id, cancellationToken) is { } now)
        {
            await unmatched.IndexAsync(now, cancellationToken);
        }

        feed.Publish(new LiveChange(id, null));
        signal.Raise(id);
        var validation = retest ? await ValidateAsync(id, by, cancellationToken) : null;
        return new SavedIntegration(await views.ViewAsync(changed, cancellationToken), validation);
    }

    /// <summary>Opens a validation, or shares the one that waits already.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation's id, or null where there is no such integration.</returns>
    public Task<string?> ValidateAsync(string id, Provenance by, CancellationToken cancellationToken = default) =>
        OpenAsync(id, profile => operations.ValidateAsync(profile, by, cancellationToken), cancellationToken);

    /// <summary>Opens a sync, or shares the one that waits already.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The operation's id, or null where there is no such integration.</returns>
    public Task<string?> SyncAsync(string id, Provenance by, CancellationToken cancellationToken = default) =>
        OpenAsync(id, profile => operations.SyncAsync(profile, by, cancellationToken), cancellationToken);

    private async Task<string?> OpenAsync(string id, Func<IntegrationProfile, Task<string>> open, CancellationToken cancellationToken)
    {
        if (await profiles.FindAsync(id, cancellationToken) is not { } profile)
        {
            return null;
        }

        var operation = await open(profile);
        feed.Publish(new LiveChange(id, await operations.FindAsync(id, operation, cancellationToken)));
        return operation;
    }

    private static Dictionary<string, string> Merge(
        ConnectorManifest manifest, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string?> change, List<FieldProblem> problems)
    {
        var merged = before.ToDictionary(pair => pair.Key, pair => (string?)pair.Value, StringComparer.Ordinal);
        foreach (var (name, value) in change)
        {
            merged[name] = value;
        }

        return IntegrationRules.Settings(manifest, merged, problems);
    }

    private static Integration WithPolicies(Integration before, IntegrationChange change) => before with
    {
        Deprovision = before.Deprovision with
        {
            OnDeactivate = change.OnDeactivate ?? before.Deprovision.OnDeactivate,
            OnDelete = change.OnDelete ?? before.Deprovision.OnDelete,
            DeleteAfterDays = change.DeleteAfterDays.Or(before.Deprovision.DeleteAfterDays),
            DeleteNeedsApproval = change.DeleteNeedsApproval ?? before.Deprovision.DeleteNeedsApproval,
        },
        Safeguard = change.Safeguard ?? before.Safeguard,
        Sync = change.Sync ?? before.Sync,
        Retry = change.Retry ?? before.Retry,
        Circuit = change.Circuit ?? before.Circuit,
        InboundHold = change.InboundHold.Or(before.InboundHold),
        LeaverLimitMinutes = change.LeaverLimitMinutes.Or(before.LeaverLimitMinutes),
        ActivityDays = change.ActivityDays.Or(before.ActivityDays),
        MatchBy = change.MatchBy ?? before.MatchBy,
        Invite = change.Invite ?? before.Invite,
        ClaimMail = change.ClaimMail ?? before.ClaimMail,
    };

    private static List<string> Differences(Integration before, Integration after)
    {
        var what = new List<string>();
        if (before.Name != after.Name)
        {
            what.Add($"name was '{before.Name}'");
        }

        foreach (var name in before.Settings.Keys.Union(after.Settings.Keys).Where(name => before.Settings.GetValueOrDefault(name) != after.Settings.GetValueOrDefault(name)))
        {
            what.Add($"{name} was '{before.Settings.GetValueOrDefault(name)}', is '{after.Settings.GetValueOrDefault(name)}'");
        }

        if (before.Deprovision != after.Deprovision)
        {
            var later = after.Deprovision.DeleteAfterDays is { } days ? $", deleted after {days} days" : "";
            what.Add($"deprovisioning is {after.Deprovision.OnDeactivate} on deactivation, {after.Deprovision.OnDelete} on deletion{later}{(after.Deprovision.DeleteNeedsApproval ? ", with approval" : "")}");
        }

        if (before.Safeguard != after.Safeguard)
        {
            what.Add($"the safeguard allows {after.Safeguard.Percent} %, at most {after.Safeguard.Absolute?.ToString() ?? "any number"}; assignments {after.Safeguard.Assignments.Percent} %, at most {after.Safeguard.Assignments.Absolute?.ToString() ?? "any number"}");
        }

        if (before.Sync != after.Sync)
        {
            what.Add($"it syncs {(after.Sync.Schedule is { } schedule ? $"by '{schedule.Cron}' {schedule.TimeZone}" : "by hand")}, drift: {after.Sync.Drift}");
        }

        (bool Differs, string What)[] others =
        [
            (!ReferenceEquals(before.Retry, after.Retry), "the retry policy changed"),
            (before.Circuit != after.Circuit, $"{after.Circuit.Failures} failures of the app hold the queue"),
            (before.InboundHold != after.InboundHold, after.InboundHold is null ? "removals are not held" : $"more than {after.InboundHold.Percent} % or {after.InboundHold.Absolute} removals are held"),
            (before.LeaverLimitMinutes != after.LeaverLimitMinutes, $"leavers are overdue after {after.LeaverLimitMinutes?.ToString() ?? "no"} minutes"),
            (!before.MatchBy.SequenceEqual(after.MatchBy), $"people are matched by {string.Join(", ", after.MatchBy)}"),
            (before.ActivityDays != after.ActivityDays, $"activity is kept {(after.ActivityDays is { } kept ? $"{kept} days" : "for good")}"),
            (before.Invite != after.Invite, $"invitations are sent {after.Invite}"),
            (before.ClaimMail != after.ClaimMail, $"claim links are {(after.ClaimMail ? "" : "not ")}sent by e-mail"),
        ];
        what.AddRange(others.Where(other => other.Differs).Select(other => other.What));

        if (!ReferenceEquals(before.UserSchema, after.UserSchema))
        {
            what.Add(after.UserSchema is null ? "user schema is the connector's" : "user schema changed");
        }

        return what;
    }

    private static bool Same(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(pair => b.GetValueOrDefault(pair.Key) == pair.Value);

    private static string Describe(GatewayToken token) => $"token {token.Id}, valid until {token.ExpiresAt:u}";

    private static Refusal NotFound(string id) => Refusal.NotFound("integration_not_found", $"There is no integration '{id}'.");

    private static ActivityEvent Event(ActivityKind kind, Provenance by, DateTimeOffset now, string target, string? detail) =>
        ActivityEvent.Of(now, by.Actor, kind, target, detail);
}
