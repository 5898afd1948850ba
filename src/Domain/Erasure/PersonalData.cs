using System.Text.RegularExpressions;
using IdLcm.Domain.Activity;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Erasure;

/// <summary>What says who a person is, and texts without it.</summary>
internal sealed class PersonalData
{
    /// <summary>What stands in the place of what was erased.</summary>
    public const string Erased = "erased person";

    private const int ShortestText = 3;

    private readonly string userId;
    private readonly string accountKey;
    private readonly HashSet<string> operations = new(StringComparer.Ordinal);
    private readonly Regex? names;

    public PersonalData(IntegrationProfile profile, UserRecord user, AppAccount? account)
    {
        userId = user.Id;
        accountKey = user.AccountKey;
        var resource = ScimResource.FromStored(user.Resource.Span, profile.UserType, user.Id);
        var fullName = $"{resource.GetText("name.givenName")} {resource.GetText("name.familyName")}".Trim();
        string?[] texts =
        [
            resource.UserName, resource.ExternalId, resource.DisplayName, resource.GetText("name.formatted"), fullName.Contains(' ', StringComparison.Ordinal) ? fullName : null,
            DesiredAccount.IdentifierOf(profile, resource), account?.Identifier, account?.Observed?.Identifier, .. Emails(resource),
        ];
        var known = texts.OfType<string>().Where(text => text.Length >= ShortestText && text != Erased).Distinct(StringComparer.OrdinalIgnoreCase).OrderByDescending(text => text.Length).ToList();
        names = known.Count == 0 ? null : new Regex(
            $@"(?<![\w@])(?:{string.Join('|', known.Select(Regex.Escape))})(?![\w@])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
    }

    public bool IsOf(Operation operation) =>
        operation.UserId == userId || (operation.AccountKey == accountKey && operation.UserId is null) || operations.Contains(operation.Id);

    public void Add(Operation operation) => operations.Add(operation.Id);

    public bool IsOf(string? ofUser, string? ofOperation) => ofUser == userId || (ofOperation is not null && operations.Contains(ofOperation));

    /// <summary>Whether a text names the person, by their id too.</summary>
    public bool Names(string text) =>
        text.Contains(userId, StringComparison.Ordinal) || text.Contains(accountKey, StringComparison.Ordinal) || names?.IsMatch(text) == true;

    /// <summary>A text without the person's names.</summary>
    public string? Without(string? text) => text is null || names is null ? text : names.Replace(text, Erased);

    /// <summary>An event without the person: of their own events only what happened is left.</summary>
    public ActivityEvent Without(ActivityEvent item)
    {
        var own = IsOf(item.UserId, item.OperationId) && item.Event != ActivityKind.PersonErased;
        return item with
        {
            Actor = Without(item.Actor)!,
            Target = own ? Erased : Without(item.Target)!,
            Detail = own && item.Detail is not null ? Erased : Without(item.Detail),
        };
    }

    /// <summary>A failure of which only the code is left.</summary>
    public static Failure? Without(Failure? failure) => failure is null ? null : new Failure(failure.Code, Erased);

    private static IEnumerable<string?> Emails(ScimResource resource) =>
        resource["emails"] is ScimArray emails ? emails.Select(email => (email as ScimComplex)?.GetString("value")) : [];
}
