using System.Collections.Frozen;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What a page says about the form that led to it. The address carries a name only, so nobody can put words into it.</summary>
internal static class Notices
{
    private static readonly FrozenDictionary<string, string> Texts = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["saved"] = "Saved.",
        ["saved-validating"] = "Saved. The integration is being validated again.",
        ["validating"] = "The validation has been started.",
        ["syncing"] = "The sync has been started.",
        ["observing"] = "It only observes: what it would do is shown, and nothing is done.",
        ["promoted"] = "Promoted. What waited is carried out in the app.",
        ["paused"] = "Paused. Queued work is kept and waits.",
        ["resumed"] = "Resumed.",
        ["retrying"] = "It is being tried again.",
        ["retrying-all"] = "The failed operations are being tried again, at a pace that the app bears.",
        ["cancelled"] = "Cancelled.",
        ["token-revoked"] = "The token has been revoked and is no longer accepted.",
        ["key-revoked"] = "The API key has been revoked and is no longer accepted.",
        ["administrator-removed"] = "The administrator has been removed and signed out.",
        ["schema-reset"] = "The connector's own user schema is in force again.",
        ["plan-allowed"] = "Allowed once. It is applied by a sync of its own.",
        ["plan-rejected"] = "Rejected. It is never applied.",
        ["matched"] = "Matched. The person's wish is served on this account from now on.",
        ["awaited"] = "Noted. The account is theirs when the identity provider sends them.",
        ["exempted"] = "Exempted.",
        ["exemption-ended"] = "The exemption has ended; the account is in question again.",
        ["removal-asked"] = "Asked. The account is removed once somebody approves it here.",
        ["approved"] = "Approved. It is done as an ordinary operation.",
        ["rejected"] = "Rejected. It is not done.",
        ["released"] = "Released. It runs when its turn comes.",
        ["task-closed"] = "Closed. The app is read again to prove it.",
        ["channel-made"] = "Added. It tells of what happens from now on.",
        ["channel-removed"] = "Removed.",
        ["replayed"] = "It is tried for another day.",
        ["disabled"] = "Disabled. Identity providers are refused and nothing is written.",
        ["deleting"] = "Deleted. Where accounts are taken away first, the integration stays until the last one is done.",
        ["revoke-lifted"] = "Lifted. The person gets what the identity providers wish now.",
        ["changing-account"] = "Started. The new password is in use once a sign-in has proved it.",
        ["changing-sign-in"] = "Started. Nothing else runs as the account meanwhile.",
        ["policy-saved"] = "The policy is in force.",
        ["policy-removed"] = "Removed. The workspace's policy is in force again.",
        ["excepted"] = "Excepted until the day that you gave.",
        ["exception-over"] = "The exception has ended; the rule counts again.",
        ["credential-kept"] = "Kept. Launches of this person use it from now on.",
        ["forgotten"] = "Forgotten. The credential is deleted.",
        ["group-mapped"] = "The group is mapped. Its members follow in the app.",
        ["group-unmapped"] = "The mapping has ended. What only it gave is taken from its members.",
        ["captures-cleared"] = "Forgotten. Nothing captured is kept.",
        ["claim-mailed"] = "The claim link has been sent by e-mail.",
        ["invite-resent"] = "Asked. The app sends its invitation again as soon as the turn comes.",
        ["claim-skipped"] = "The account is made without waiting for the person.",
        ["erasure-asked"] = "Asked. The data is erased once somebody approves it here.",
        ["deletion-undone"] = "The account stays deactivated and is not deleted.",
        ["access-changed"] = "Noted. The app follows as soon as its turn comes.",
        ["correcting"] = "The app is being corrected by ordinary operations.",
        ["nothing-corrected"] = "There was nothing to correct in the app.",
        ["revoking"] = "Access is being taken away. Follow the operations below.",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string? Find(string? name) => name is null ? null : Texts.GetValueOrDefault(name);
}
