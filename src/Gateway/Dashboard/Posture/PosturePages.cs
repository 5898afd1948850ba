using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Launch;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Posture;
using IdLcm.Domain.Rotation;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Launch;
using IdLcm.Gateway.Posture;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the posture of the workspace shows.</summary>
/// <param name="Lines">The service accounts of this page.</param>
/// <param name="Page">The page, from 1.</param>
/// <param name="Sort">How they are sorted.</param>
/// <param name="Problem">The rule that is looked for, <c>any</c>, or null for all accounts.</param>
/// <param name="Workspace">The policy of the workspace with its lists.</param>
/// <param name="Integrations">Those that the lists can name.</param>
/// <param name="Refusal">What was wrong about the form.</param>
/// <param name="Typed">What was typed into it.</param>
/// <param name="Range">Which of how many are shown.</param>
internal sealed record PostureListModel(
    IReadOnlyList<PostureLine> Lines, int Page, string Sort, string? Problem, WorkspaceRotation Workspace, IReadOnlyList<(string Id, string Name)> Integrations, Refusal? Refusal, PolicyValues Typed, ListRange Range)
{
    public string Link(string sort, int page = 1, string file = "") => Words.Link(
        PosturePages.Home + file, ("problem", Problem), ("sort", PosturePages.Sorter.Parameter(sort)), ("page", page > 1 ? $"{page}" : null));
}

/// <summary>What the posture of one integration shows.</summary>
internal sealed record PostureDetailModel(
    IntegrationProfile Profile,
    PostureLine? Line,
    RotationPolicy? Own,
    RotationPolicy? InForce,
    IReadOnlyList<Operation> Changes,
    LaunchSettings Launch,
    string? BookmarkUrl,
    IReadOnlyList<(ConnectedAccount Account, ManagedPassword? Managed)> Accounts,
    DateTimeOffset Now,
    bool MoreAccounts,
    string? FailedForm,
    Refusal? Refusal,
    PolicyValues Typed);

/// <summary>How the service accounts' own sign-ins stand, and what is done about them.</summary>
internal static class PosturePages
{
    public const string Home = "/posture";

    /// <summary>What the list can be sorted by.</summary>
    public static readonly ListSorter<PostureLine> Sorter = new(
        "integration",
        ("integration", line => line.Integration), ("account", line => line.Account), ("mfa", line => PostureWords.Of(line.Mfa)), ("age", line => line.PasswordAgeDays), ("proved", line => line.PasswordProvedAt),
        ("problems", line => line.Problems.Count + (line.RotationFailedAt is null ? 0 : 1)));

    private const int PageSize = 50;
    private const int MaxChanges = 20;
    private const int MaxAccounts = 100;
    private const int MaxNamed = 500;

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet(Home, IndexAsync).Needs(Permission.ReadWorkspace);
        pages.MapGet("/posture.csv", Csv).Needs(Permission.ReadWorkspace);
        pages.MapGet("/posture/{integrationId}", DetailAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/posture/{integrationId}/accounts.csv", AccountsCsvAsync).Needs(Permission.ReadIntegrations);
    }

    public static string PathOf(string integrationId) => $"{Home}/{integrationId}";

    private static Task<IResult> IndexAsync(HttpContext http, string? problem = null, string? sort = null, string? page = null) => ListAsync(http, problem, sort, page, null, null);

    /// <summary>The list, with what was wrong about the workspace's policy.</summary>
    public static async Task<IResult> ListAsync(HttpContext http, string? problem, string? sort, string? page, Refusal? refusal, PolicyValues? typed)
    {
        if (!IsProblem(problem))
        {
            return OperationPages.BadFilter();
        }

        var services = http.RequestServices;
        var integrations = services.GetRequiredService<IntegrationStore>();
        var caller = ApiCaller.Of(http);
        var order = Sorter.Read(sort);
        var all = Sorter.Sort(
            await PostureTable.LinesAsync(integrations, services.GetRequiredService<PostureReport>(), caller, http.RequestAborted).Where(line => Has(line, problem)).ToListAsync(http.RequestAborted), order);
        var number = Math.Clamp(int.TryParse(page, out var given) ? given : 1, 1, Math.Max(1, (all.Count + PageSize - 1) / PageSize));
        var before = (number - 1) * PageSize;
        List<PostureLine> lines = [.. all.Skip(before).Take(PageSize)];
        var workspace = await services.GetRequiredService<RotationTimer>().WorkspaceAsync(http.RequestAborted);
        var named = new List<(string, string)>();
        foreach (var id in (await integrations.ListIdsAsync(http.RequestAborted)).Where(caller.MayUse).Take(MaxNamed))
        {
            if (await integrations.FindAsync(id, http.RequestAborted) is { } found)
            {
                named.Add((id, found.Value.Name));
            }
        }

        return PageResult.Of<PostureListPage, PostureListModel>(
            new PostureListModel(
                lines, number, order, problem, workspace, named, refusal, typed ?? PolicyValues.Of(workspace.Policy),
                new ListRange(before + 1, lines.Count, all.Count, IsAll: true)),
            refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static bool IsProblem(string? problem) => problem is null or "" or "any" || Enum.GetNames<PostureRule>().Contains(problem);

    private static bool Has(PostureLine line, string? problem) =>
        string.IsNullOrEmpty(problem) || (problem == "any" ? line.Problems.Count > 0 : line.Problems.Any(rule => rule.ToString() == problem));

    private static IResult Csv(HttpContext http, IntegrationStore integrations, PostureReport report, string? problem = null) =>
        IsProblem(problem) ? PostureTable.Csv(PostureTable.LinesAsync(integrations, report, ApiCaller.Of(http), http.RequestAborted).Where(line => Has(line, problem))) : OperationPages.BadFilter();

    private static async Task<IResult> AccountsCsvAsync(
        string integrationId, HttpContext http, IntegrationProfiles profiles, ConnectedAccountService accounts, ManagedPasswordService managed, TimeProvider clock) =>
        await profiles.FindAsync(integrationId, http.RequestAborted) is { } profile
            ? ConnectedAccountTable.Csv(integrationId, ConnectedAccountTable.LinesAsync(profile, accounts, managed, clock, null, http.RequestAborted))
            : IntegrationPages.Missing();

    private static Task<IResult> DetailAsync(string integrationId, HttpContext http) => ShowAsync(integrationId, http, null, null, null);

    /// <summary>The page of one integration, with what was wrong about one of its forms.</summary>
    public static async Task<IResult> ShowAsync(string integrationId, HttpContext http, string? failedForm, Refusal? refusal, PolicyValues? typed)
    {
        var services = http.RequestServices;
        if (await services.GetRequiredService<IntegrationProfiles>().FindAsync(integrationId, http.RequestAborted) is not { } profile)
        {
            return IntegrationPages.Missing();
        }

        var own = await services.GetRequiredService<RotationPolicies>().OwnAsync(profile, http.RequestAborted);
        var changes = await services.GetRequiredService<OperationService>().ListAsync(
            integrationId, operation => operation.Kind.ChangesCredential() || operation.Kind is OperationKind.SecureAccount or OperationKind.RotateAccountPassword, MaxChanges, null, http.RequestAborted);
        var accounts = await services.GetRequiredService<ConnectedAccountService>().ListAsync(profile, http.RequestAborted).Take(MaxAccounts + 1).ToListAsync(http.RequestAborted);
        var managed = services.GetRequiredService<ManagedPasswordService>();
        var kept = new List<(ConnectedAccount, ManagedPassword?)>(accounts.Count);
        foreach (var account in accounts.Take(MaxAccounts))
        {
            kept.Add((account, await managed.FindAsync(profile, account.UserId, http.RequestAborted)));
        }

        var model = new PostureDetailModel(
            profile,
            await services.GetRequiredService<PostureReport>().FindAsync(integrationId, http.RequestAborted),
            own,
            await services.GetRequiredService<RotationTimer>().PolicyAsync(profile, http.RequestAborted),
            changes.Items,
            await services.GetRequiredService<LaunchService>().SettingsAsync(profile, http.RequestAborted),
            profile.Manifest.Launch?.AddressOf(profile.Integration.Settings) is null ? null : $"{services.GetRequiredService<GatewayAddress>().Base(http.Request)}/launch/{integrationId}",
            kept,
            services.GetRequiredService<TimeProvider>().GetUtcNow(),
            accounts.Count > MaxAccounts,
            failedForm,
            refusal,
            typed ?? PolicyValues.Of(own));
        return PageResult.Of<PostureDetailPage, PostureDetailModel>(model, refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
