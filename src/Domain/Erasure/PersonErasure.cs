using IdLcm.Domain.Activity;
using IdLcm.Domain.HumanTasks;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Notifications;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Sync;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Erasure;

/// <summary>
/// Erases the personal data of a person who was deleted: from the user's and the account's records, operations with their
/// evidence, tasks, approvals, plans, notifications and the activity, whose chain goes on holding. What happened, when and
/// by whose word stays. Bears being done again: what is gone is found gone.
/// </summary>
/// <param name="store">The record store.</param>
/// <param name="blobs">The blob store.</param>
/// <param name="plans">Keeps the plans of syncs.</param>
/// <param name="log">The activity.</param>
/// <param name="traces">What else may hold data of people.</param>
/// <param name="clock">The clock.</param>
/// <param name="ledger">Remembers the erasure for backups; null where nobody does.</param>
public sealed class PersonErasure(
    IRecordStore store, IBlobStore blobs, SyncPlans plans, ActivityLog log, IEnumerable<IPersonTraces> traces, TimeProvider clock, IErasureLedger? ledger = null)
{
    private readonly EvidenceErasure evidence = new(store, blobs);

    /// <summary>Finds a person whose data can be erased.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="userId">The SCIM user; any text.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>The user, or why nothing can be erased.</returns>
    public async Task<Result<UserRecord>> FindAsync(IntegrationProfile profile, string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var user = IntegrationStore.IsWellFormed(userId) ? (await store.FindUserAsync(profile.Partition, userId, cancellationToken))?.Value : null;
        if (user is null)
        {
            return Refusal.NotFound("user_not_found", $"The integration has no user '{userId}'.");
        }

        if (user.DeletedAt is null)
        {
            return Refusal.Conflict("user_not_deleted", "Only the data of a person whom the identity provider deleted can be erased.");
        }

        var account = (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken))?.Value;
        return account is null ? user
            : account.UserId != user.Id && await store.FindLiveUserAsync(profile.Partition, account.UserId, cancellationToken) is not null
                ? Refusal.Conflict("user_returned", $"The person is here again, as user {account.UserId}.")
            : account.UserId == user.Id && (account.OpenOperationId is not null || account.State != ProvisioningState.Deleted)
                ? Refusal.Conflict("account_not_gone", "The account is not gone from the app: what is known of it is still needed.")
            : user;
    }

    /// <summary>Whether of a user only the id is left.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="user">The user.</param>
    /// <returns>True once the personal data was erased.</returns>
    public static bool IsErased(IntegrationProfile profile, UserRecord user)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(user);
        return ScimResource.FromStored(user.Resource.Span, profile.UserType, user.Id).UserName == NameOf(user.Id);
    }

    /// <summary>Erases a person's data.</summary>
    /// <param name="profile">The integration.</param>
    /// <param name="user">The deleted user.</param>
    /// <param name="by">Whose word it is.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels between records; doing it again does the rest.</param>
    /// <returns>A task that ends when they are gone.</returns>
    public async Task RunAsync(IntegrationProfile profile, UserRecord user, Provenance by, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(by);
        var account = (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(user.AccountKey), cancellationToken))?.Value;
        var person = new PersonalData(profile, user, account?.UserId == user.Id ? account : null);
        await EraseOperationsAsync(profile.Partition, person, cancellationToken);
        await evidence.EraseAsync(profile.Partition, person, cancellationToken);
        await RewriteAsync<ApprovalRecord>(
            profile.Partition, ApprovalRecord.Prefix, item => !person.IsOf(item.UserId, item.OperationId) || item.Kind == ApprovalKind.ErasePerson ? item : item with
            {
                Target = PersonalData.Erased, Detail = PersonalData.Erased, Reason = person.Without(item.Reason), DecisionReason = person.Without(item.DecisionReason),
            },
            cancellationToken);
        foreach (var prefix in new[] { HumanTask.OpenPrefix, HumanTask.ClosedPrefix })
        {
            await RewriteAsync<HumanTask>(
                profile.Partition, prefix, item => !person.IsOf(item.UserId, item.OperationId) ? item : item with
                {
                    Title = PersonalData.Erased, Instructions = PersonalData.Erased, Target = PersonalData.Erased, Comments = [], Resolution = null,
                },
                cancellationToken);
        }

        foreach (var prefix in new[] { NotificationPump.DuePrefix, NotificationPump.DeadPrefix })
        {
            await RewriteAsync<NotificationDelivery>(
                profile.Partition, prefix, item => item.Events.Select(person.Without).ToList() is var left && left.SequenceEqual(item.Events) ? item : item with { Events = left }, cancellationToken);
        }

        await ErasePlansAsync(profile.Partition, user.AccountKey, cancellationToken);
        await log.EraseAsync(profile.Integration.Id, person.Without, by, clock.GetUtcNow(), cancellationToken);
        foreach (var prefix in new[] { "x:", Rows.Deletions, Rows.SyncReads, Leavers.LeaverWatch.WatchPrefix, Matching.ExemptionEnds.Prefix })
        {
            await EraseIndexesAsync(profile.Partition, prefix, user, cancellationToken);
        }

        foreach (var trace in traces)
        {
            await trace.EraseAsync(profile.Integration.Id, person.Names, cancellationToken);
        }

        await (ledger?.AppendAsync(new ErasureEntry(profile.Integration.Id, user.Id, clock.GetUtcNow()), cancellationToken) ?? Task.CompletedTask);

        // Last what says who the person is: until then a repetition finds everything again.
        await EraseUserAsync(profile, user, account, by, reason, cancellationToken);
    }

    private async Task EraseOperationsAsync(string partition, PersonalData person, CancellationToken cancellationToken)
    {
        await foreach (var found in ReadAsync<Operation>(partition, Rows.Operations, cancellationToken))
        {
            if (!person.IsOf(found.Value))
            {
                continue;
            }

            person.Add(found.Value);
            await foreach (var attempt in ReadAsync<OperationAttempt>(partition, $"{Rows.Attempts}{found.Value.Id}:", cancellationToken))
            {
                await evidence.DeleteAsync(attempt.Value.Evidence, cancellationToken);
                var left = attempt.Value with { Steps = [], Evidence = [], Intents = [], Failure = PersonalData.Without(attempt.Value.Failure) };
                await store.CommitAsync(partition, [TypedRecords.Write(Rows.Attempt(found.Value.Id, left.Number), left, attempt.ETag)], cancellationToken);
            }

            var erased = found.Value with
            {
                Target = PersonalData.Erased,
                AccountKey = null,
                RequestedBy = found.Value.RequestedBy with { Actor = person.Without(found.Value.RequestedBy.Actor)! },
                Failure = PersonalData.Without(found.Value.Failure),
                Changes = [],
                CancelReason = person.Without(found.Value.CancelReason),
            };
            await store.CommitAsync(
                partition, [TypedRecords.Write(Rows.Operation(erased.Id), erased, found.ETag), RecordChange.DeleteIfExists(ClaimMail.Row(erased.Id))], cancellationToken);
        }
    }

    private async Task ErasePlansAsync(string partition, string accountKey, CancellationToken cancellationToken)
    {
        var (list, more) = (await plans.ListAsync(partition, 100, null, cancellationToken), true);
        while (more)
        {
            foreach (var plan in list.Plans)
            {
                await plans.EraseAsync(partition, plan.Id, accountKey, cancellationToken);
            }

            more = list.More;
            list = more ? await plans.ListAsync(partition, 100, list.Plans[^1].Id, cancellationToken) : list;
        }
    }

    /// <summary>Indexes hold hashes, which can be guessed where one knows what to try.</summary>
    private async Task EraseIndexesAsync(string partition, string prefix, UserRecord user, CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await store.QueryAsync(partition, RowRange.Prefix(prefix), RecordLimits.MaxPageSize, continuation, cancellationToken);
            foreach (var record in page.Records)
            {
                if (record.Row.EndsWith(":" + user.Id, StringComparison.Ordinal) || record.Row.EndsWith(":" + user.AccountKey, StringComparison.Ordinal)
                    || record.Value.Span.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(user.Id)))
                {
                    await store.CommitAsync(partition, [RecordChange.DeleteIfExists(record.Row)], cancellationToken);
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private Task<bool> EraseUserAsync(IntegrationProfile profile, UserRecord user, AppAccount? account, Provenance by, string reason, CancellationToken cancellationToken) =>
        Optimistic.RunAsync(
            async () =>
            {
                var found = await store.FindUserAsync(profile.Partition, user.Id, cancellationToken);
                if (found?.Value.DeletedAt is null)
                {
                    return (true, false);
                }

                var now = clock.GetUtcNow();
                var nobody = new ScimResource(profile.UserType, ScimComplex.Empty).With("userName", new ScimString(NameOf(user.Id)));
                var changes = new List<RecordChange>
                {
                    UserRecords.Write(found.Value with { Resource = nobody.ToStored(), AccountKey = Ids.KeyOf(NameOf(user.Id)) }, found.ETag),
                    ActivityLog.Append(ActivityEvent.Of(now, by.Actor, ActivityKind.PersonErased, user.Id, reason, user.Id)),
                };
                if (account?.UserId == user.Id)
                {
                    changes.Add(RecordChange.DeleteIfExists(Rows.Account(user.AccountKey)));
                    changes.Add(RecordChange.DeleteIfExists(Matching.Unmatched.ExemptionRow(user.AccountKey)));
                }

                return ((await store.CommitAsync(profile.Partition, changes, cancellationToken)).Committed, true);
            },
            cancellationToken);

    private static string NameOf(string userId) => $"erased-{userId}";

    private async Task RewriteAsync<T>(string partition, string prefix, Func<T, T> rewrite, CancellationToken cancellationToken)
        where T : class
    {
        await foreach (var found in ReadAsync<T>(partition, prefix, cancellationToken))
        {
            var left = rewrite(found.Value);
            if (!ReferenceEquals(left, found.Value))
            {
                await store.CommitAsync(partition, [TypedRecords.Write(found.Row, left, found.ETag)], cancellationToken);
            }
        }
    }

    private IAsyncEnumerable<(string Row, T Value, string ETag)> ReadAsync<T>(string partition, string prefix, CancellationToken cancellationToken) =>
        store.ScanAsync(partition, RowRange.Prefix(prefix), cancellationToken).Select(record => (record.Row, DomainJson.Decode<T>(record.Value), record.ETag));
}
