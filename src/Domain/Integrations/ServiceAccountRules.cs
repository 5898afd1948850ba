using System.Text;
using IdLcm.Domain.Connectors;

namespace IdLcm.Domain.Integrations;

/// <summary>A service account whose fields were checked.</summary>
/// <param name="UserName">The user name.</param>
/// <param name="LoginMethod">The login method.</param>
/// <param name="Secret">The new password or access token; null to keep the one on file.</param>
/// <param name="Totp">The new TOTP secret; null to keep what is on file, empty to remove it.</param>
internal sealed record CheckedServiceAccount(string UserName, string LoginMethod, string? Secret, string? Totp);

/// <summary>What a service account must be like.</summary>
internal static class ServiceAccountRules
{
    private const string PasswordMethod = "password";
    private const string TokenMethod = "accessToken";

    /// <summary>Checks a service account.</summary>
    /// <param name="manifest">The connector.</param>
    /// <param name="input">What was given.</param>
    /// <param name="current">What is on file, or null.</param>
    /// <param name="problems">Gets the fields at fault.</param>
    /// <returns>The account, or null when a field is at fault.</returns>
    public static CheckedServiceAccount? Check(
        ConnectorManifest manifest, ServiceAccountInput? input, ServiceAccount? current, List<FieldProblem> problems)
    {
        if (input is null)
        {
            problems.Add(new FieldProblem("serviceAccount", "is required: the account that jobs sign in with."));
            return null;
        }

        var before = problems.Count;
        var userName = IntegrationRules.Text(input.UserName, "serviceAccount.userName", IntegrationRules.MaxUserName, problems);
        var method = Method(manifest, input, current, problems);
        var secret = Secret(input, method, current, problems);
        var totp = Totp(manifest, input.TotpSecret, problems);
        return problems.Count > before ? null : new CheckedServiceAccount(userName!, method, secret, totp);
    }

    /// <summary>Brings a TOTP secret to the form of RFC 4648 section 6: upper case, without the spaces, dashes and padding that people copy along.</summary>
    /// <param name="secret">What was given.</param>
    /// <returns>The secret, or null when it is no Base32 of at least 80 bits, the least that apps hand out.</returns>
    public static string? NormalizeTotp(string secret)
    {
        var text = new StringBuilder(secret.Length);
        foreach (var c in secret.Trim().TrimEnd('='))
        {
            if (c is ' ' or '-')
            {
                continue;
            }

            var upper = char.ToUpperInvariant(c);
            if (upper is not ((>= 'A' and <= 'Z') or (>= '2' and <= '7')))
            {
                return null;
            }

            text.Append(upper);
        }

        // Base32 fills groups of 8 characters; 1, 3 and 6 characters over cannot come of whole bytes.
        return text.Length < 16 || text.Length % 8 is 1 or 3 or 6 ? null : text.ToString();
    }

    private static string Method(ConnectorManifest manifest, ServiceAccountInput input, ServiceAccount? current, List<FieldProblem> problems)
    {
        var offered = manifest.Auth.Methods;
        var method = input.LoginMethod
            ?? (input.AccessToken is not null ? TokenMethod : null)
            ?? current?.LoginMethod
            ?? (offered.Contains(PasswordMethod) ? PasswordMethod : offered is [var first, ..] ? first : PasswordMethod);
        if (!offered.Contains(method))
        {
            problems.Add(new FieldProblem("serviceAccount.loginMethod", $"'{method}' is not offered by {manifest.AppName}; it offers {string.Join(", ", offered)}."));
        }

        return method;
    }

    private static string? Secret(ServiceAccountInput input, string method, ServiceAccount? current, List<FieldProblem> problems)
    {
        var (field, given, other) = method == TokenMethod
            ? ("serviceAccount.accessToken", input.AccessToken, input.Password)
            : ("serviceAccount.password", input.Password, input.AccessToken);
        if (other is not null)
        {
            problems.Add(new FieldProblem(field, $"is what the login method '{method}' takes; the other secret must be left out."));
        }

        if (given is null && current?.LoginMethod == method)
        {
            return null;
        }

        if (given is not { Length: > 0 and <= IntegrationRules.MaxSecret })
        {
            problems.Add(new FieldProblem(field, given is null or "" ? "is required." : $"must have at most {IntegrationRules.MaxSecret} characters."));
        }

        return given;
    }

    private static string? Totp(ConnectorManifest manifest, string? given, List<FieldProblem> problems)
    {
        if (string.IsNullOrWhiteSpace(given))
        {
            return given is null ? null : "";
        }

        if (!manifest.Auth.Mfa.Contains("totp"))
        {
            problems.Add(new FieldProblem("serviceAccount.totpSecret", $"cannot be used: the connector of {manifest.AppName} answers no one-time codes."));
            return null;
        }

        if (given.Length > IntegrationRules.MaxText || NormalizeTotp(given) is not { } totp)
        {
            problems.Add(new FieldProblem("serviceAccount.totpSecret", "must be Base32 (letters A to Z and digits 2 to 7), at least 16 characters, as the app shows it when TOTP is turned on."));
            return null;
        }

        return totp;
    }
}
