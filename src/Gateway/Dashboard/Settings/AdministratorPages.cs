using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using IdLcm.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>What the page of one administrator shows.</summary>
/// <param name="Person">The administrator.</param>
/// <param name="Role">The role that is chosen.</param>
/// <param name="Given">The integrations that are chosen.</param>
/// <param name="Integrations">Those to choose from.</param>
/// <param name="Refusal">What was wrong about the form.</param>
internal sealed record AdministratorModel(Administrator Person, WorkspaceRole? Role, IReadOnlyList<string> Given, IReadOnlyList<Integration> Integrations, Refusal? Refusal);

/// <summary>The people who may use the dashboard: added, given links and other roles, removed.</summary>
internal static partial class AdministratorPages
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/settings/administrators.csv", AdministratorsCsvAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/administrators", AddAsync).Needs(Permission.ManageKeys);
        pages.MapGet("/settings/administrators/{administratorId}", (string administratorId, HttpContext http, Administrators administrators) => PersonAsync(administratorId, http, administrators, null, null))
            .Needs(Permission.ManageKeys);
        pages.MapPost("/settings/administrators/{administratorId}", ChangeAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/administrators/{administratorId}/link", LinkAsync).Needs(Permission.ManageKeys);
        pages.MapPost("/settings/administrators/{administratorId}/remove", RemoveAsync).Needs(Permission.ManageKeys);
    }

    private static async Task<IResult> AdministratorsCsvAsync(HttpContext http, Administrators administrators)
    {
        await Csv.BeginAsync(http, "administrators.csv", "Name", "Role", "Integrations", "Signs in by", "Added (UTC)", "Added by", "Signed in last (UTC)", "ID");
        foreach (var person in await administrators.ListAsync(http.RequestAborted))
        {
            await Csv.LineAsync(
                http, person.Name, Words.Of(person.Role), person.IntegrationIds is { } given ? string.Join("; ", given) : "All", person.Provider ?? "one-time links",
                Exports.Time(person.CreatedAt), person.CreatedBy, person.SignedInAt is { } at ? Exports.Time(at) : null, person.Id);
        }

        return Results.Empty;
    }

    private static async Task<IResult> PersonAsync(string administratorId, HttpContext http, Administrators administrators, IFormCollection? form, Refusal? refusal) =>
        await administrators.FindAsync(administratorId, http.RequestAborted) is { Provider: null } found
            ? PageResult.Of<AdministratorPage, AdministratorModel>(
                new AdministratorModel(
                    found, form is null ? found.Role : SettingsPages.Role(form), form is null ? found.IntegrationIds ?? [] : SettingsPages.Given(form),
                    await http.RequestServices.GetRequiredService<IntegrationStore>().ListAsync(http.RequestAborted), refusal),
                refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest)
            : DashboardGate.Problem(StatusCodes.Status404NotFound, "There is no such administrator", "They may have been removed, or have their role from the OpenID provider.", "/settings#administrators");

    private static async Task<IResult> ChangeAsync(string administratorId, HttpContext http, Administrators administrators, SignInNotes notes, ILogger<Administrators> logger)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await administrators.ChangeAsync(ApiCaller.Of(http), administratorId, SettingsPages.Role(form), SettingsPages.Given(form), http.RequestAborted);
        if (result.Value is not { } changed)
        {
            return result.Refusal is { Kind: RefusalKind.Invalid } refusal
                ? await PersonAsync(administratorId, http, administrators, form, refusal)
                : await SettingsPages.FailedAsync(http, "administrators", result.Refusal!);
        }

        LogChanged(logger, changed.Id, changed.Role, DashboardUser.Of(http).Administrator.Id);
        await notes.ChangedAsync(http, changed, $"is {Words.Of(changed.Role)} now");
        return IntegrationForms.Go("/settings#administrators", "saved");
    }

    private static async Task<IResult> AddAsync(HttpContext http, Administrators administrators, GatewayAddress address, SignInNotes notes, ILogger<Administrators> logger)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await administrators.AddAsync(ApiCaller.Of(http), form.Text("name"), SettingsPages.Role(form), SettingsPages.Given(form), http.RequestAborted);
        if (result.Value is not { } added)
        {
            return await SettingsPages.FailedAsync(http, "administrators", result.Refusal!);
        }

        LogAdded(logger, added.Id, added.Role, DashboardUser.Of(http).Administrator.Id);
        await notes.ChangedAsync(http, added, $"added as {Words.Of(added.Role)}");
        return await ShowLinkAsync(http, administrators, address, added);
    }

    private static async Task<IResult> LinkAsync(string administratorId, HttpContext http, Administrators administrators, GatewayAddress address, SignInNotes notes, ILogger<Administrators> logger)
    {
        if (await administrators.FindAsync(administratorId, http.RequestAborted) is not { } found)
        {
            return await SettingsPages.FailedAsync(http, "administrators", Refusal.NotFound("administrator_not_found", "There is no such administrator."));
        }

        if (found.Provider is not null)
        {
            return await SettingsPages.FailedAsync(http, "administrators", Refusal.Conflict("has_provider", "This person signs in by the OpenID provider: a link would leave it out."));
        }

        if (found.Role > ApiCaller.Of(http).Role)
        {
            return await SettingsPages.FailedAsync(http, "administrators", Refusal.Forbidden("role_too_high", "Nobody signs in as an administrator with a higher role than their own."));
        }

        LogLink(logger, found.Id, DashboardUser.Of(http).Administrator.Id);
        await notes.ChangedAsync(http, found, "given a sign-in link");
        return await ShowLinkAsync(http, administrators, address, found);
    }

    private static async Task<IResult> RemoveAsync(string administratorId, HttpContext http, Administrators administrators, SignInNotes notes, ILogger<Administrators> logger)
    {
        var result = await administrators.RemoveAsync(ApiCaller.Of(http), administratorId, http.RequestAborted);
        if (result.Refusal is { } refusal)
        {
            return await SettingsPages.FailedAsync(http, "administrators", refusal);
        }

        LogRemoved(logger, administratorId, DashboardUser.Of(http).Administrator.Id);
        await notes.ChangedAsync(http, result.Value!, "removed and signed out");
        return IntegrationForms.Go("/settings#administrators", "administrator-removed");
    }

    private static async Task<IResult> ShowLinkAsync(HttpContext http, Administrators administrators, GatewayAddress address, Administrator person)
    {
        var (secret, expiresAt) = await administrators.NewLinkAsync(person.Id, http.RequestAborted);
        return await SettingsPages.ShowAsync(http, http.RequestServices.GetRequiredService<Administrators>(), model => model with { NewLink = (person, DashboardSignIn.Address(address.Base(http.Request), secret), expiresAt) });
    }

    [LoggerMessage(2323, LogLevel.Information, "Administrator {AddedId} with role {Role} was added by administrator {AdministratorId}")]
    private static partial void LogAdded(ILogger logger, string addedId, WorkspaceRole role, string administratorId);

    [LoggerMessage(2324, LogLevel.Information, "A sign-in link for administrator {ForId} was made by administrator {AdministratorId}")]
    private static partial void LogLink(ILogger logger, string forId, string administratorId);

    [LoggerMessage(2325, LogLevel.Information, "Administrator {RemovedId} was removed by administrator {AdministratorId}")]
    private static partial void LogRemoved(ILogger logger, string removedId, string administratorId);

    [LoggerMessage(2326, LogLevel.Information, "Administrator {ChangedId} was given the role {Role} by administrator {AdministratorId}")]
    private static partial void LogChanged(ILogger logger, string changedId, WorkspaceRole role, string administratorId);
}
