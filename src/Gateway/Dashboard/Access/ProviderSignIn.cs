using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Hosting.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Gateway.Dashboard;

/// <summary>Lets people into the dashboard whom the OpenID provider knows and whose claims give them a role.</summary>
internal sealed partial class ProviderSignIn(
    SignInOptions options, Administrators administrators, DashboardGate gate, SignInNotes notes, ILogger<ProviderSignIn> logger) : ISignInPurpose
{
    /// <summary>The path that sends people to the provider.</summary>
    public const string BeginPath = "/sign-in/provider";

    public string Name => "dashboard";

    public async Task<IResult> SignedInAsync(HttpContext http, OpenIdPerson person, string returnPath)
    {
        var openId = options.OpenId!;
        if (openId.RoleOf(person[openId.RoleClaim]) is not { } given)
        {
            // Entra ID leaves groups out of the token of who is in too many (learn.microsoft.com/entra/identity-platform/id-token-claims-reference, "groups overage claim").
            var leftOut = person["_claim_names"].Contains(openId.RoleClaim, StringComparer.Ordinal);
            var why = leftOut ? $"the provider left out the claim {openId.RoleClaim}, because the person is in too many groups: use app roles" : $"no value of the claim {openId.RoleClaim} gives a role";
            await administrators.ForgetAsync(person, http.RequestAborted);
            LogNoRole(person.Subject, why);
            await notes.DeniedAsync(http, person.Name, why);
            return SignInEndpoints.Page(
                options, null, returnPath, $"You are {person.Name}, and nothing gives you a role here. Ask whoever manages IdLCM at {openId.DisplayName}.", StatusCodes.Status403Forbidden);
        }

        var (administrator, cookie) = await administrators.SignInAsync(person, given.Role, given.IntegrationIds, http.RequestAborted);
        LogSignedIn(administrator.Id, administrator.Role, http.Connection.RemoteIpAddress);
        await notes.SignedInAsync(http, administrator, $"by {openId.DisplayName}");
        gate.SetCookie(http, cookie);
        return Results.LocalRedirect(returnPath);
    }

    public async Task<IResult> RefusedAsync(HttpContext http, SignInFailure failure, string returnPath)
    {
        await notes.DeniedAsync(http, "unknown", failure.Code);
        return SignInEndpoints.Page(
            options, null, returnPath, failure.Detail, failure.Code is "provider_unavailable" or "provider_refused" ? StatusCodes.Status502BadGateway : StatusCodes.Status400BadRequest);
    }

    [LoggerMessage(2315, LogLevel.Information, "Administrator {AdministratorId} with role {Role} signed in by the OpenID provider from {Address}")]
    private partial void LogSignedIn(string administratorId, WorkspaceRole role, System.Net.IPAddress? address);

    [LoggerMessage(2316, LogLevel.Warning, "The person {Subject} of the OpenID provider was refused: {Why}")]
    private partial void LogNoRole(string subject, string why);
}
