using IdLcm.Domain.Access;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Approvals;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Erasure;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Listing;
using IdLcm.Domain.Matching;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the Users tab shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="Users">The users of this page.</param>
/// <param name="Query">The search.</param>
/// <param name="State">The provisioning state filtered by.</param>
/// <param name="Cursor">The cursor that this page begins after.</param>
/// <param name="Range">Which of how many are shown.</param>
/// <param name="First">The number of the first one, from 1.</param>
internal sealed record UserListModel(IntegrationView View, Page<UserResource> Users, string? Query, string? State, string? Cursor, string Range, int First)
{
    public string Home => $"/integrations/{View.Integration.Id}/users";

    public string Link(string? cursor) => Words.Link(Home, ("q", Query), ("state", State), ("cursor", cursor), ("first", cursor is null ? null : $"{First + Users.Items.Count}"));
}

/// <summary>What one user's page, or drawer, shows.</summary>
/// <param name="View">The integration.</param>
/// <param name="User">The user.</param>
/// <param name="Schema">The user schema in force.</param>
/// <param name="Grants">Every role and entitlement that the app shows, since when and by whom.</param>
/// <param name="Exemption">Why an unmatched account needs no identity provider; null where it does.</param>
/// <param name="History">The newest events about the user.</param>
/// <param name="Refusal">What was wrong about the form that led here.</param>
internal sealed record UserModel(
    IntegrationView View, UserDetails User, UserSchema Schema, IReadOnlyList<AccessGrant> Grants, Exemption? Exemption, IReadOnlyList<ActivityEvent> History, Refusal? Refusal)
{
    /// <summary>True while the account is made only once the person claims it.</summary>
    public bool AwaitsClaim { get; init; }

    /// <summary>A claim link that was made just now: shown this once.</summary>
    public ClaimLinkResource? NewLink { get; init; }

    /// <summary>True while an invitation of the app waits to be accepted and can be sent again.</summary>
    public bool Resendable { get; init; }

    /// <summary>True where single entitlements can be given and taken.</summary>
    public bool TakesEntitlements { get; init; }

    /// <summary>The person's own account whose credential is kept; null for none.</summary>
    public ConnectedAccount? Kept { get; init; }

    /// <summary>How its password stands when the gateway made it; null for one that was given.</summary>
    public ManagedPassword? Managed { get; init; }

    /// <summary>True where the connector names a sign-in page and the person is one of those who can be launched there.</summary>
    public bool TakesCredential { get; init; }

    /// <summary>The removal or the erasure that waits for a decision; null where none does.</summary>
    public ApprovalRecord? Waits { get; init; }

    /// <summary>True for the account that jobs sign in with: it is never removed.</summary>
    public bool IsServiceAccount { get; init; }

    /// <summary>True for a deleted person of whom something is left that could be erased.</summary>
    public bool Erasable { get; init; }
}

/// <summary>The people of one integration.</summary>
internal static class UserPages
{
    /// <summary>The choice, among the provisioning states, of accounts that no identity provider claims.</summary>
    public const string Unmatched = "unmatched";

    private const int PageSize = 50;
    private const int MaxHistory = 10;

    /// <summary>Who matches a filter is counted among so many users; beyond that the list says "at least".</summary>
    private const int MaxCounted = 2_000;

    // The log is in the order of time: what is older than so many events is found in the Activity tab.
    private const int MaxExamined = 2000;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/integrations/{integrationId}/users", ListAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/users.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/integrations/{integrationId}/users/{userId}", ShowAsync).Needs(Permission.ReadIntegrations);
    }

    private static async Task<IResult> ListAsync(
        string integrationId, HttpContext http, IntegrationViews views, IntegrationProfiles profiles, UserListing users, CountedListing counted,
        string? q = null, string? state = null, string? cursor = null, string? first = null)
    {
        if (!PageRequest.TryRead($"{PageSize}", cursor, out var page, out _)
            || !Filters.TryText(q, "q", out var text, out _)
            || !Filters.TryEnum<ProvisioningState>(StateOf(state), "state", out var states, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await views.FindAsync(integrationId, http.RequestAborted) is not { } view || await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var shown = await users.ListAsync(profile, text, states, page, http.RequestAborted, OwnedOf(state));
        var number = ListRange.FirstOf(page.Cursor, first);
        string range;
        if (text is null && string.IsNullOrEmpty(state))
        {
            range = RangeOf(number, shown.Items.Count, (await counted.PageAsync(profile.Partition, Listed.Users, 1, 0, http.RequestAborted)).Total);
        }
        else
        {
            var (total, isAll) = await users.CountAsync(profile, text, states, MaxCounted, http.RequestAborted, OwnedOf(state));
            range = new ListRange(number, shown.Items.Count, total, isAll).ToString();
        }

        return PageResult.Of<UserListPage, UserListModel>(new UserListModel(view, shown, text, state, cursor, range, number));
    }

    /// <summary>Which of all users are shown: deleted ones come after the others, which are counted.</summary>
    private static string RangeOf(int first, int shown, long total) => first + shown - 1 <= total
        ? $"{new ListRange(first, shown, total, IsAll: true)}"
        : $"{Words.Number(first)}–{Words.Number(first + shown - 1)}, of whom the first {Words.Number(total)} are not deleted";

    private static string? StateOf(string? state) => state == Unmatched ? null : state;

    private static bool? OwnedOf(string? state) => state == Unmatched ? false : null;

    private static Task<IResult> ShowAsync(string integrationId, string userId, HttpContext http) => PageAsync(integrationId, userId, http, null);

    /// <summary>Shows one user.</summary>
    public static async Task<IResult> PageAsync(string integrationId, string userId, HttpContext http, Refusal? refusal, ClaimLinkResource? newLink = null)
    {
        var services = http.RequestServices;
        if (await services.GetRequiredService<IntegrationViews>().FindAsync(integrationId, http.RequestAborted) is not { } view
            || await services.GetRequiredService<IntegrationProfiles>().FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        if (await services.GetRequiredService<UserListing>().FindAsync(profile, userId, http.RequestAborted) is not { } user)
        {
            return DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such user", "The integration does not know this person.");
        }

        var store = services.GetRequiredService<IRecordStore>();
        var record = (await store.FindUserAsync(profile.Partition, user.Id, http.RequestAborted))?.Value;
        var key = record?.AccountKey;
        var account = key is null ? null : (await store.FindAsync<AppAccount>(profile.Partition, Rows.Account(key), http.RequestAborted))?.Value;
        var exemption = user.Owned || key is null ? null : await services.GetRequiredService<Unmatched>().ExemptionAsync(profile, key, http.RequestAborted);
        var history = await services.GetRequiredService<ActivityLog>().ReadNewestFirstAsync(integrationId, null, http.RequestAborted)
            .Take(MaxExamined).Where(item => item.UserId == user.Id).Take(MaxHistory).ToListAsync(http.RequestAborted);
        var erasable = record is { DeletedAt: not null } && !PersonErasure.IsErased(profile, record);
        var waits = erasable || user is { Owned: false, Deleted: false }
            ? await services.GetRequiredService<ApprovalService>().FindPendingAsync(profile, erasable ? ApprovalKind.ErasePerson : ApprovalKind.RemoveUnmatched, user.Id, http.RequestAborted)
            : null;
        return PageResult.Of<UserPage, UserModel>(
            new UserModel(view, user, profile.Schema, account?.UserId == user.Id ? account.Grants : [], exemption, history, refusal)
            {
                AwaitsClaim = user.OpenOperationId is not null && await services.GetRequiredService<ClaimLinks>().FindAsync(profile, user.Id, http.RequestAborted) is not null,
                NewLink = newLink,
                Resendable = user is { Owned: true, Deleted: false, OpenOperationId: null } && account is not null && InviteResend.IsPossible(profile, account),
                TakesEntitlements = user is { Owned: true, Deleted: false } && profile.Manifest.Capabilities.SetEntitlements,
                Kept = await services.GetRequiredService<ConnectedAccountService>().FindAsync(profile, user.Id, http.RequestAborted),
                Managed = await services.GetRequiredService<ManagedPasswordService>().FindAsync(profile, user.Id, http.RequestAborted),
                TakesCredential = user is { Owned: true, Deleted: false } && profile.Manifest.Launch?.AddressOf(profile.Integration.Settings) is not null,
                Erasable = erasable,
                Waits = waits,
                IsServiceAccount = profile.Integration.IsServiceAccount(user.UsernameInApp),
            },
            refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> ExportAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, UserListing users, string? q = null, string? state = null)
    {
        if (!Filters.TryText(q, "q", out var text, out _) || !Filters.TryEnum<ProvisioningState>(StateOf(state), "state", out var states, out _))
        {
            return OperationPages.BadFilter();
        }

        if (await profiles.FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        await Csv.BeginAsync(
            http, $"users-{integrationId}.csv", "User", "Display name", "Username in app", "App access", "Active in app", "Upstream user ID", "Provisioning state", "Last updated (UTC)", "Failure code", "SCIM ID");
        string? cursor = null;
        do
        {
            var page = await users.ListAsync(profile, text, states, new PageRequest(PageRequest.MaxLimit, cursor), http.RequestAborted, OwnedOf(state));
            foreach (var user in page.Items)
            {
                await Csv.LineAsync(
                    http, user.UserName, user.DisplayName, user.UsernameInApp, string.Join("; ", user.Roles), user.ActiveInApp ? "Yes" : "No", user.UpstreamUserId,
                    user.ProvisioningState is { } where ? Words.Of(where) : "", user.LastUpdated.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"), user.Failure?.Code.ToString(), user.Id);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return Results.Empty;
    }
}
