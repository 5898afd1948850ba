using IdLcm.Domain.Activity;
using IdLcm.Domain.Storage;

namespace IdLcm.Domain.Groups;

/// <summary>The activity events of groups: one for each write that changed something, in its commit.</summary>
internal static class GroupEvents
{
    public static RecordChange Created(GroupDraft draft, string displayName) =>
        Append(draft, ActivityKind.GroupCreated, displayName, Members(draft));

    public static RecordChange Changed(GroupDraft draft, string before, string after, bool isRenamed)
    {
        var members = Members(draft);
        var detail = before == after ? (isRenamed ? "Attributes changed" : null) : $"Renamed from '{before}'";
        return Append(draft, ActivityKind.GroupChanged, after, detail is null ? members : members is null ? detail : $"{detail}; {members}");
    }

    public static RecordChange Deleted(GroupDraft draft, string displayName) => Append(draft, ActivityKind.GroupDeleted, displayName, Members(draft));

    private static string? Members(GroupDraft draft)
    {
        var (added, removed) = draft.Moves;
        return (added, removed, draft.Sweep) switch
        {
            (0, 0, false) => null,
            (var now, _, true) => now == 0 ? "All members removed" : $"Members replaced: {Count(now)} now",
            (_, 0, _) => $"{Count(added)} added",
            (0, _, _) => $"{Count(removed)} removed",
            _ => $"{Count(added)} added, {removed} removed",
        };
    }

    private static string Count(int members) => members == 1 ? "1 member" : $"{members} members";

    private static RecordChange Append(GroupDraft draft, ActivityKind kind, string displayName, string? detail) => ActivityLog.Append(ActivityEvent.Of(draft.Now, draft.By.Actor, kind, displayName, detail));
}
