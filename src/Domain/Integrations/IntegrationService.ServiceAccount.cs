using IdLcm.Domain.Activity;
using IdLcm.Domain.Operations;

namespace IdLcm.Domain.Integrations;

/// <content>The service account and its secrets.</content>
public sealed partial class IntegrationService
{
    /// <summary>Saves the service account and has the integration validated again.</summary>
    /// <param name="id">The integration; any text.</param>
    /// <param name="input">The account. A secret that is left out stays the one on file.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>The integration with its validation, or the fields that are at fault.</returns>
    public async Task<Result<SavedIntegration>> SaveServiceAccountAsync(
        string id, ServiceAccountInput input, Provenance by, CancellationToken cancellationToken = default)
    {
        if (await profiles.FindAsync(id, cancellationToken) is not { } profile)
        {
            return NotFound(id);
        }

        var problems = new List<FieldProblem>();
        var current = profile.Integration.ServiceAccount;
        if (ServiceAccountRules.Check(profile.Manifest, input, current, problems) is not { } account)
        {
            return Refusal.Invalid(problems);
        }

        // The record may only speak of secrets that are kept already: a crash in between leaves a secret nobody names.
        await KeepSecretsAsync(id, account, cancellationToken);
        var changed = await integrations.ChangeAsync(
            id,
            before =>
            {
                var now = clock.GetUtcNow();
                var hasTotp = account.Totp is null ? before.ServiceAccount?.HasTotp == true : account.Totp.Length > 0;
                var saved = new ServiceAccount(account.UserName, account.LoginMethod, hasTotp, now);
                var kind = before.ServiceAccount is null ? ActivityKind.ServiceAccountCreated : ActivityKind.ServiceAccountUpdated;
                return (before with { ServiceAccount = saved, ModifiedAt = now }, [Event(kind, by, now, saved.UserName, Describe(account))]);
            },
            cancellationToken);
        if (changed is null)
        {
            return NotFound(id);
        }

        if (account.Totp is "")
        {
            await secrets.DeleteAsync(ServiceAccount.TotpSecret(id), cancellationToken);
        }

        feed.Publish(new LiveChange(id, null));
        var validation = await ValidateAsync(id, by, cancellationToken);
        return new SavedIntegration(await views.ViewAsync(changed, cancellationToken), validation);
    }

    private async Task KeepSecretsAsync(string id, CheckedServiceAccount account, CancellationToken cancellationToken)
    {
        if (account.Secret is { } secret)
        {
            await KeepAsync(ServiceAccount.PasswordSecret(id), secret, cancellationToken);
        }

        if (account.Totp is { Length: > 0 } totp)
        {
            await KeepAsync(ServiceAccount.TotpSecret(id), totp, cancellationToken);
        }
    }

    private async Task KeepAsync(string name, string value, CancellationToken cancellationToken) =>
        await secrets.PromoteAsync(name, await secrets.SetAsync(name, value, cancellationToken), cancellationToken);

    private static string? Describe(CheckedServiceAccount account)
    {
        var what = new List<string>();
        if (account.Secret is not null)
        {
            what.Add($"new {(account.LoginMethod == "accessToken" ? "access token" : "password")}");
        }

        if (account.Totp is not null)
        {
            what.Add(account.Totp.Length > 0 ? "new TOTP secret" : "TOTP secret removed");
        }

        return what.Count == 0 ? null : string.Join("; ", what);
    }
}
