using IdLcm.Domain.Activity;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Integrations;

/// <content>Pauses and gateway tokens.</content>
public sealed partial class IntegrationService
{
    /// <summary>The longest lifetime of a gateway token, in days.</summary>
    public const int MaxTokenDays = 3650;

    /// <summary>The longest overlap of two gateway tokens, in hours.</summary>
    public const int MaxOverlapHours = 720;

    /// <summary>How long the token before a new one stays valid where nothing else is asked, in hours.</summary>
    public const int DefaultOverlapHours = 24;

    /// <summary>Stops all writes of an integration; queued work is kept. A pause that holds already is left as it is.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration, or why it was not paused.</returns>
    public async Task<Result<IntegrationView>> PauseAsync(string id, string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        var changed = await integrations.ChangeAsync(
            id,
            before =>
            {
                var now = clock.GetUtcNow();
                return before.Paused is not null
                    ? null
                    : (before with { Paused = new Pause(by.Actor, now, why) }, [Event(ActivityKind.Paused, by, now, before.Name, why)]);
            },
            cancellationToken);
        return await ShowAsync(id, changed, cancellationToken);
    }

    /// <summary>Lets the writes of an integration go on.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration, or why it was not resumed.</returns>
    public async Task<Result<IntegrationView>> ResumeAsync(string id, Provenance by, CancellationToken cancellationToken = default)
    {
        var changed = await integrations.ChangeAsync(
            id,
            before => before.Paused is not { } pause
                ? null
                : (before with { Paused = null }, [Event(ActivityKind.Resumed, by, clock.GetUtcNow(), before.Name, $"paused since {pause.At:u} by {pause.By}")]),
            cancellationToken);
        signal.Raise(id);
        return await ShowAsync(id, changed, cancellationToken);
    }

    /// <summary>Has an integration only show what it would do, or lets it do that.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="observe">True to only show.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration, or why it was not changed.</returns>
    public async Task<Result<IntegrationView>> ObserveAsync(string id, bool observe, string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        var changed = await integrations.ChangeAsync(
            id,
            before =>
            {
                var now = clock.GetUtcNow();
                return before.ObserveOnly is not null == observe
                    ? null
                    : (before with { ObserveOnly = observe ? new Pause(by.Actor, now, why) : null },
                        [Event(observe ? ActivityKind.ObserveOnlyStarted : ActivityKind.ObserveOnlyEnded, by, now, before.Name, why)]);
            },
            cancellationToken);
        signal.Raise(id);
        return await ShowAsync(id, changed, cancellationToken);
    }

    /// <summary>Stops all writes of every integration; queued work is kept.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The workspace, or why it was not paused.</returns>
    public async Task<Result<Workspace>> PauseWorkspaceAsync(string? reason, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        if (IntegrationRules.Text(reason, "reason", IntegrationRules.MaxText, problems) is not { } why)
        {
            return Refusal.Invalid(problems);
        }

        var workspace = await integrations.WorkspaceAsync(cancellationToken);
        if (workspace.Paused is not null)
        {
            return workspace;
        }

        await integrations.PauseWorkspaceAsync(new Pause(by.Actor, clock.GetUtcNow(), why), cancellationToken);
        await NoteEverywhereAsync(ActivityKind.Paused, by, why, cancellationToken);
        return await integrations.WorkspaceAsync(cancellationToken);
    }

    /// <summary>Lets the writes of every integration go on that is not paused itself.</summary>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The workspace.</returns>
    public async Task<Workspace> ResumeWorkspaceAsync(Provenance by, CancellationToken cancellationToken = default)
    {
        if ((await integrations.WorkspaceAsync(cancellationToken)).Paused is { } pause)
        {
            await integrations.PauseWorkspaceAsync(null, cancellationToken);
            await NoteEverywhereAsync(ActivityKind.Resumed, by, $"paused since {pause.At:u} by {pause.By}", cancellationToken);
        }

        return await integrations.WorkspaceAsync(cancellationToken);
    }

    /// <summary>Generates a gateway token; the newest valid one before it stays valid for the overlap.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="label">What it is for.</param>
    /// <param name="lifetimeDays">How long it is valid, in days; null for a year.</param>
    /// <param name="overlapHours">The overlap, in hours; null for <see cref="DefaultOverlapHours"/>, 0 to end the one before at once.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The token, this once, or the fields that are at fault.</returns>
    public async Task<Result<GeneratedToken>> GenerateTokenAsync(
        string id, string? label, int? lifetimeDays, int? overlapHours, Provenance by, CancellationToken cancellationToken = default)
    {
        var problems = new List<FieldProblem>();
        var name = IntegrationRules.Text(label, "label", IntegrationRules.MaxName, problems);
        if (lifetimeDays is < 1 or > MaxTokenDays)
        {
            problems.Add(new FieldProblem("lifetimeDays", $"must be 1 to {MaxTokenDays}."));
        }

        if (overlapHours is < 0 or > MaxOverlapHours)
        {
            problems.Add(new FieldProblem("overlapHours", $"must be 0 to {MaxOverlapHours}."));
        }

        if (problems.Count > 0)
        {
            return Refusal.Invalid(problems);
        }

        var lifetime = lifetimeDays is { } days ? TimeSpan.FromDays(days) : GatewayTokens.DefaultLifetime;
        GeneratedToken? generated = null;
        var changed = await integrations.ChangeAsync(
            id,
            before =>
            {
                var now = clock.GetUtcNow();
                var (after, kept, token) = GatewayTokens.Generate(before, name!, now, lifetime, TimeSpan.FromHours(overlapHours ?? DefaultOverlapHours));
                generated = new GeneratedToken(kept, token);
                return (after, [Event(ActivityKind.TokenGenerated, by, now, kept.Label, Describe(kept))]);
            },
            cancellationToken);
        if (changed is null)
        {
            return NotFound(id);
        }

        feed.Publish(new LiveChange(id, null));
        return generated!;
    }

    /// <summary>Revokes a gateway token at once.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="tokenId">The token's id.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The revoked token, or why none was.</returns>
    public async Task<Result<GatewayToken>> RevokeTokenAsync(string id, string tokenId, Provenance by, CancellationToken cancellationToken = default)
    {
        GatewayToken? revoked = null;
        var changed = await integrations.ChangeAsync(
            id,
            before =>
            {
                var now = clock.GetUtcNow();
                revoked = before.Tokens.FirstOrDefault(token => token.Id == tokenId);
                return revoked is null
                    ? null
                    : (before with { Tokens = [.. before.Tokens.Where(token => token.Id != tokenId)], ModifiedAt = now },
                        [Event(ActivityKind.TokenRevoked, by, now, revoked.Label, Describe(revoked))]);
            },
            cancellationToken);
        if (changed is null || revoked is null)
        {
            return changed is null ? NotFound(id) : Refusal.NotFound("token_not_found", $"The integration has no gateway token '{tokenId}'.");
        }

        feed.Publish(new LiveChange(id, null));
        return revoked;
    }

    private async Task<Result<IntegrationView>> ShowAsync(string id, Integration? changed, CancellationToken cancellationToken)
    {
        if (changed is null)
        {
            return NotFound(id);
        }

        feed.Publish(new LiveChange(id, null));
        return await views.ViewAsync(changed, cancellationToken);
    }

    /// <summary>The activity of each integration tells of what was done to all of them.</summary>
    private async Task NoteEverywhereAsync(ActivityKind kind, Provenance by, string detail, CancellationToken cancellationToken)
    {
        foreach (var integration in await integrations.ListAsync(cancellationToken))
        {
            await integrations.NoteAsync(integration.Id, Event(kind, by, clock.GetUtcNow(), "Workspace", detail), cancellationToken);
            feed.Publish(new LiveChange(integration.Id, null));
            signal.Raise(integration.Id);
        }
    }
}
