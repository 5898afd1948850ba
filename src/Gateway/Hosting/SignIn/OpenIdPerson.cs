using Microsoft.AspNetCore.Http;

namespace IdLcm.Gateway.Hosting.SignIn;

/// <summary>Who a person is, as the OpenID provider has proved it.</summary>
/// <param name="Issuer">The provider.</param>
/// <param name="Subject">The person's id there, which never changes and is never given to another (OpenID Connect Core 1.0 section 2).</param>
/// <param name="Name">The name to show.</param>
/// <param name="Claims">Every claim that is a text, a truth value or a list of texts, by its name.</param>
internal sealed record OpenIdPerson(string Issuer, string Subject, string Name, IReadOnlyDictionary<string, IReadOnlyList<string>> Claims)
{
    /// <summary>The values of a claim; empty where there is none.</summary>
    public IReadOnlyList<string> this[string claim] => Claims.TryGetValue(claim, out var values) ? values : [];

    /// <summary>The e-mail address; null where the provider says none, or says that nobody has verified it.</summary>
    public string? Email => this["email"] is [var address, ..] && this["email_verified"] is not ["false", ..] ? address : null;

    /// <summary>The name that the person signs in with, for example Entra ID's user principal name. A name to show and compare, no proof of identity.</summary>
    public string? PreferredUserName => this["preferred_username"] is [var name, ..] ? name : null;
}

/// <summary>Why a person could not be told from others.</summary>
/// <param name="Code">A stable code, for the audit.</param>
/// <param name="Detail">A sentence, for the person.</param>
internal sealed record SignInFailure(string Code, string Detail);

/// <summary>
/// What people are signed in for. Everything that needs to know who somebody is shares one client and one redirect
/// address at the provider; the purpose that began a sign-in is the one that ends it.
/// </summary>
internal interface ISignInPurpose
{
    /// <summary>Its name, which travels with the sign-in.</summary>
    string Name { get; }

    /// <summary>Goes on with a person who is known now.</summary>
    /// <param name="http">The request; its answer is this purpose's.</param>
    /// <param name="person">Who it is.</param>
    /// <param name="returnPath">The path that <see cref="OpenIdSignIn.BeginAsync"/> was given: a path of this gateway.</param>
    /// <returns>The answer.</returns>
    Task<IResult> SignedInAsync(HttpContext http, OpenIdPerson person, string returnPath);

    /// <summary>Tells a person that it did not work.</summary>
    /// <param name="http">The request.</param>
    /// <param name="failure">Why.</param>
    /// <param name="returnPath">The path that was wanted.</param>
    /// <returns>The answer.</returns>
    Task<IResult> RefusedAsync(HttpContext http, SignInFailure failure, string returnPath);
}
