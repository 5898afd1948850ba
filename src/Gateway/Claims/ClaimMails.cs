using IdLcm.Domain;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Notifications;
using IdLcm.Gateway.Scim;

namespace IdLcm.Gateway.Claims;

/// <summary>A claim mail that was sent.</summary>
internal sealed record SentClaimMail(string To, DateTimeOffset ExpiresAt);

/// <summary>Sends people their claim links by e-mail: by itself where the integration is set so, and again when somebody asks. At least once.</summary>
public sealed class ClaimMails
{
    private const int MaxAttempts = 10;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(2);

    private readonly IRecordStore store;
    private readonly IntegrationProfiles profiles;
    private readonly ApprovalService approvals;
    private readonly ClaimLinks links;
    private readonly Mailer mailer;
    private readonly GatewayAddress address;
    private readonly TimeProvider clock;

    internal ClaimMails(
        IRecordStore store, IntegrationProfiles profiles, ApprovalService approvals, ClaimLinks links, Mailer mailer, GatewayAddress address, TimeProvider clock)
    {
        this.store = store;
        this.profiles = profiles;
        this.approvals = approvals;
        this.links = links;
        this.mailer = mailer;
        this.address = address;
        this.clock = clock;
    }

    /// <summary>Sends what is due.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="cancellationToken">Cancels between mails.</param>
    /// <returns>How many were sent.</returns>
    public async Task<int> RunDueAsync(string integrationId, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(integrationId, cancellationToken) is not { Integration: { ClaimMail: true, Paused: null, ObserveOnly: null } } profile)
        {
            return 0;
        }

        var sent = 0;
        await foreach (var operation in approvals.HeldAsync(profile, cancellationToken))
        {
            if (operation is not { Hold.Kind: HoldKind.Claim, UserId: { } userId })
            {
                continue;
            }

            var mail = await store.FindAsync<ClaimMail>(profile.Partition, ClaimMail.Row(operation.Id), cancellationToken);
            if (mail is null || mail.Value.DueAt <= clock.GetUtcNow())
            {
                var (_, problem) = await SendAsync(profile, operation, userId, address.PublicUrl, mail, Provenance.System, cancellationToken);
                sent += problem is null ? 1 : 0;
            }
        }

        return sent;
    }

    /// <summary>Sends somebody their link now, again where it was sent before.</summary>
    internal async Task<Result<SentClaimMail>> SendNowAsync(IntegrationProfile profile, string userId, string baseAddress, Provenance by, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(profile, userId, cancellationToken) is not { } operation)
        {
            return Refusal.Conflict("no_claim", "No account of this user waits to be claimed.");
        }

        var mail = await store.FindAsync<ClaimMail>(profile.Partition, ClaimMail.Row(operation.Id), cancellationToken);
        var (sent, problem) = await SendAsync(profile, operation, userId, baseAddress, mail, by, cancellationToken);
        return sent is null ? Refusal.Conflict("mail_not_sent", $"The mail could not be sent: {problem}") : sent;
    }

    private async Task<(SentClaimMail? Sent, string? Problem)> SendAsync(
        IntegrationProfile profile, Operation operation, string userId, string? baseAddress, Versioned<ClaimMail>? before, Provenance by, CancellationToken cancellationToken)
    {
        // Taken before it is sent, so that two who send at once do not send twice; a crash in between has it sent again later.
        var row = ClaimMail.Row(operation.Id);
        var attempts = (before?.Value.Attempts ?? 0) + 1;
        var wait = TimeSpan.FromTicks(Math.Min(LongestWait.Ticks, FirstWait.Ticks << Math.Min(attempts, 20)));
        var taken = new ClaimMail(attempts, clock.GetUtcNow() + wait, before?.Value.SentAt, before?.Value.LastError);
        if (!(await store.CommitAsync(profile.Partition, [TypedRecords.Write(row, taken, before?.ETag)], cancellationToken)).Committed)
        {
            return (null, "it is being sent at this moment");
        }

        var (sent, problem) = await TrySendAsync(profile, operation, userId, baseAddress, by, cancellationToken);
        var now = clock.GetUtcNow();
        var mail = sent is null
            ? taken with { DueAt = attempts < MaxAttempts ? now + wait : null, LastError = problem }
            : new ClaimMail(0, null, now, null);
        var changes = new List<RecordChange> { RecordChange.Upsert(row, DomainJson.Encode(mail)) };
        if (sent is not null || attempts is 1 or MaxAttempts)
        {
            changes.Add(ActivityLog.Append(ActivityEvent.Of(now, by.Actor, sent is null ? ActivityKind.ClaimMailFailed : ActivityKind.ClaimMailSent, operation.Target, sent is null ? problem : $"to {sent.To}", userId, operation.Id)));
        }

        await store.CommitAsync(profile.Partition, changes, cancellationToken);
        return (sent, problem);
    }

    private async Task<(SentClaimMail? Sent, string? Problem)> TrySendAsync(
        IntegrationProfile profile, Operation operation, string userId, string? baseAddress, Provenance by, CancellationToken cancellationToken)
    {
        if (baseAddress is null)
        {
            return (null, "the gateway has no public URL that a link could lead to");
        }

        if (await store.FindLiveUserAsync(profile.Partition, userId, cancellationToken) is not { } user || To(profile, user.Value) is not { } to)
        {
            return (null, "the person has no e-mail address");
        }

        var made = await links.MakeAsync(profile, userId, by, cancellationToken);
        if (made.Value is not { } link)
        {
            return (null, made.Refusal!.Detail);
        }

        string[] lines =
        [
            $"An account in {profile.Manifest.AppName} is ready to be made for you. Open this link and claim it:",
            "",
            baseAddress + link.Path,
            "",
            $"The link is for you alone and holds until {link.ExpiresAt:u}. If you did not expect it, tell your administrator.",
        ];
        var problem = await mailer.SendAsync([to], $"Your account in {profile.Manifest.AppName}", lines, operation.Id, cancellationToken);
        return problem is null ? (new SentClaimMail(to, link.ExpiresAt), null) : (null, problem);
    }

    private static string? To(IntegrationProfile profile, UserRecord user)
    {
        var resource = ScimResource.FromStored(user.Resource.Span, profile.UserType);
        string?[] addresses =
        [
            resource.GetText("emails[type eq \"work\"].value"), resource.GetText("emails[primary eq true].value"), resource.GetText("emails.value"), resource.UserName,
        ];
        return addresses.FirstOrDefault(text => text?.Contains('@', StringComparison.Ordinal) == true);
    }
}
