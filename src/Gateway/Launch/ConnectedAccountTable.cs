using System.Runtime.CompilerServices;
using IdLcm.Domain.ConnectedAccounts;
using IdLcm.Domain.Integrations;
using IdLcm.Gateway.Api;
using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Launch;

/// <summary>The connected accounts of an integration, line by line and as a file.</summary>
internal static class ConnectedAccountTable
{
    private static readonly string[] Columns =
    [
        "userId", "userName", "tiedBy", "totp", "savedAt", "savedBy", "launchedAt", "managed", "passwordChangedAt", "passwordAgeDays", "passwordProvedAt", "pendingPassword", "operationId", "securingOperationId",
    ];

    /// <summary>The accounts by the person's id, after one of them where that is said.</summary>
    public static async IAsyncEnumerable<ConnectedAccountResource> LinesAsync(
        IntegrationProfile profile, ConnectedAccountService accounts, ManagedPasswordService managed, TimeProvider clock, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var account in accounts.ListAsync(profile, cancellationToken).Where(account => after is null || string.CompareOrdinal(account.UserId, after) > 0))
        {
            yield return ConnectedAccountResource.Of(account, await managed.FindAsync(profile, account.UserId, cancellationToken), clock.GetUtcNow());
        }
    }

    /// <summary>All of them as CSV.</summary>
    public static IResult Csv(string integrationId, IAsyncEnumerable<ConnectedAccountResource> lines) => Exports.Csv($"connected-accounts-{integrationId}.csv", Columns, lines.Select(Row));

    private static string?[] Row(ConnectedAccountResource line) =>
    [
        line.UserId, line.UserName, line.TiedBy.ToString(), YesNo(line.HasTotp), Exports.Time(line.SavedAt), line.SavedBy, Time(line.LaunchedAt), YesNo(line.Managed is not null),
        Time(line.Managed?.ChangedAt), line.Managed?.AgeDays is { } days ? $"{days}" : null, Time(line.Managed?.ProvedAt), line.Managed?.Pending?.ToString(), line.Managed?.OperationId, line.SecuringOperationId,
    ];

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string? Time(DateTimeOffset? at) => at is { } moment ? Exports.Time(moment) : null;
}
