using IdLcm.Domain.Access;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Leavers;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace IdLcm.Gateway.Dashboard;

/// <summary>A person in one integration.</summary>
internal sealed record PersonEntry(Integration Integration, UserResource User);

/// <summary>What the page of one person shows.</summary>
/// <param name="Name">The user name.</param>
/// <param name="Entries">The person in each integration that knows them.</param>
/// <param name="Access">What they have there and why, by the SCIM id of the entry.</param>
internal sealed record PersonModel(string Name, IReadOnlyList<PersonEntry> Entries, IReadOnlyDictionary<string, IReadOnlyList<AccessLine>> Access);

/// <summary>People across apps: where somebody has access, and taking it away everywhere at once.</summary>
internal static class PeoplePages
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/people/{name}", ShowAsync).Needs(Permission.ReadIntegrations);
        pages.MapGet("/people/{name}/access.csv", ExportAsync).Needs(Permission.ReadIntegrations);
        pages.MapPost("/people/{name}/revoke", RevokeAsync).Needs(Permission.ManageIntegrations);
        pages.MapPost("/people/{name}/revoke/lift", LiftAsync).Needs(Permission.ManageIntegrations);
    }

    private static async Task<IResult> ShowAsync(string name, HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, UserService service, UserListing users, AccessReport report)
    {
        var found = await FindAsync(name, http, integrations, profiles, service, users);
        if (found.Count == 0)
        {
            return Nobody();
        }

        var access = new Dictionary<string, IReadOnlyList<AccessLine>>(StringComparer.Ordinal);
        foreach (var (profile, entry) in found)
        {
            access[entry.User.Id] = await report.OfUserAsync(profile, entry.User.Id, http.RequestAborted);
        }

        return PageResult.Of<PersonPage, PersonModel>(new PersonModel(name, [.. found.Select(item => item.Entry)], access));
    }

    private static async Task<IResult> ExportAsync(string name, HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, UserService service, UserListing users, AccessReport report)
    {
        var found = await FindAsync(name, http, integrations, profiles, service, users);
        if (found.Count == 0)
        {
            return Nobody();
        }

        await Csv.BeginAsync(http, "access.csv", "App", "Integration", "User name", "Username in app", "Active in app", "Value", "Since (UTC)", "By", "Operation", "Proved (UTC)");
        foreach (var (profile, entry) in found)
        {
            foreach (var line in await report.OfUserAsync(profile, entry.User.Id, http.RequestAborted))
            {
                await Csv.LineAsync(
                    http, profile.Manifest.AppName, entry.Integration.Name, line.UserName, line.UsernameInApp, line.Active ? "Yes" : "No", line.Value,
                    line.Since is { } since ? Exports.Time(since) : null, line.By, line.OperationId, Exports.Time(line.ProvedAt));
            }
        }

        return Results.Empty;
    }

    private static IResult Nobody() => DashboardGate.Problem(StatusCodes.Status404NotFound, "Nobody has this user name", "No integration that you may see knows it.");

    private static async Task<IResult> RevokeAsync(string name, HttpContext http, EmergencyRevoke revoke)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await revoke.RunAsync(name, revoke: true, form.Text("reason"), ApiCaller.Of(http).MayUse, DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return result.Refusal is { } refusal ? IntegrationForms.Refused(refusal) : IntegrationForms.Go($"/people/{Uri.EscapeDataString(name)}", "revoking");
    }

    private static async Task<IResult> LiftAsync(string name, HttpContext http, EmergencyRevoke revoke)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var result = await revoke.RunAsync(name, revoke: false, form.Text("reason"), ApiCaller.Of(http).MayUse, DashboardUser.Of(http).Provenance(http), http.RequestAborted);
        return result.Refusal is { } refusal ? IntegrationForms.Refused(refusal) : IntegrationForms.Go($"/people/{Uri.EscapeDataString(name)}", "revoke-lifted");
    }

    private static async Task<List<(IntegrationProfile Profile, PersonEntry Entry)>> FindAsync(
        string name, HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles, UserService service, UserListing users)
    {
        var found = new List<(IntegrationProfile, PersonEntry)>();
        await foreach (var profile in ProfilesAsync(http, integrations, profiles))
        {
            foreach (var record in await service.FindByIndexAsync(profile, 'm', name, http.RequestAborted))
            {
                if (await users.FindAsync(profile, record.Id, http.RequestAborted) is { } user)
                {
                    found.Add((profile, new PersonEntry(profile.Integration, user)));
                }
            }
        }

        return found;
    }

    /// <summary>The integrations that whoever asks may see.</summary>
    public static async IAsyncEnumerable<IntegrationProfile> ProfilesAsync(HttpContext http, IntegrationStore integrations, IntegrationProfiles profiles)
    {
        var caller = ApiCaller.Of(http);
        foreach (var id in caller.Confinement ?? await integrations.ListIdsAsync(http.RequestAborted))
        {
            if (await profiles.FindAsync(id, http.RequestAborted) is { } profile)
            {
                yield return profile;
            }
        }
    }
}
