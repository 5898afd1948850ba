using System.Collections.Frozen;
using System.Text.Json.Serialization;

namespace IdLcm.Domain.Connectors;

/// <summary>Why an automation did not reach its goal. Each has a fixed nature: see <see cref="FailureCodes"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FailureCode>))]
public enum FailureCode
{
    /// <summary>The app refused the service account's user name, password or one-time code.</summary>
    BadCredentials,

    /// <summary>The app asks for a second factor that the integration does not hold.</summary>
    MfaRequired,

    /// <summary>The service account may not do what was asked.</summary>
    UnderpermissionedAccount,

    /// <summary>The organization, workspace or business ID in the settings is not the one that the app shows.</summary>
    InvalidBusinessId,

    /// <summary>The app's plan has no free seat.</summary>
    NotEnoughSeats,

    /// <summary>The app's subscription is not active.</summary>
    SubscriptionDeactivated,

    /// <summary>The app says that the account exists already.</summary>
    AlreadyExists,

    /// <summary>The account is not in the app.</summary>
    UserNotFound,

    /// <summary>The app does not allow this role for this person now.</summary>
    RoleNotAssignable,

    /// <summary>The connector has no way to do this.</summary>
    UnsupportedOperation,

    /// <summary>The app asks to slow down.</summary>
    RateLimited,

    /// <summary>The app wants a human: a CAPTCHA, a new-device check or another challenge.</summary>
    CaptchaOrStepUp,

    /// <summary>The app does not answer, or answers with an error page.</summary>
    AppUnavailable,

    /// <summary>A page is not as the connector describes it: a locator matches nothing, or too much.</summary>
    PageChanged,

    /// <summary>The write was done, but the read after it does not show the result.</summary>
    VerificationFailed,

    /// <summary>A list could not be proved complete.</summary>
    IncompleteRead,

    /// <summary>A step or verb took longer than its limit.</summary>
    Timeout,

    /// <summary>A person cancelled it.</summary>
    Cancelled,
}

/// <summary>What a failure code means for a person and for the queue.</summary>
/// <param name="Code">The code.</param>
/// <param name="Retryable">True when trying again later, with nothing changed by a person, may well succeed.</param>
/// <param name="Infrastructure">True when it says something about the app or the account as a whole, not about this person: such failures in a row hold the queue.</param>
/// <param name="Meaning">One sentence: what happened.</param>
/// <param name="Action">One sentence: what the person should do.</param>
public sealed record FailureCodeInfo(FailureCode Code, bool Retryable, bool Infrastructure, string Meaning, string Action);

/// <summary>The nature of every failure code.</summary>
public static class FailureCodes
{
    private static readonly FrozenDictionary<FailureCode, FailureCodeInfo> Table = new FailureCodeInfo[]
    {
        new(FailureCode.BadCredentials, Retryable: false, Infrastructure: true, "The app refused the service account's sign-in.", "Check the service account's user name and password, save them again, and validate."),
        new(FailureCode.MfaRequired, Retryable: false, Infrastructure: true, "The app asks for a second factor that is not on file.", "Add the TOTP secret to the service account, or exempt the account from this factor in the app."),
        new(FailureCode.UnderpermissionedAccount, Retryable: false, Infrastructure: true, "The service account may not do this in the app.", "Give the service account the administrator role that the connector's README names, and validate."),
        new(FailureCode.InvalidBusinessId, Retryable: false, Infrastructure: true, "The organization ID in the settings is not the one that the app shows.", "Correct the organization ID in the integration's settings, and validate."),
        new(FailureCode.NotEnoughSeats, Retryable: false, Infrastructure: false, "The app's plan has no free seat.", "Buy seats or remove accounts that are not needed, and retry."),
        new(FailureCode.SubscriptionDeactivated, Retryable: false, Infrastructure: true, "The app's subscription is not active.", "Renew the subscription in the app, and retry."),
        new(FailureCode.AlreadyExists, Retryable: true, Infrastructure: false, "The app says that the account exists already.", "Nothing, if the retry adopts the account; else look in the app for a deleted or hidden account of this person."),
        new(FailureCode.UserNotFound, Retryable: false, Infrastructure: false, "The account is not in the app.", "Run a sync; if the person should have an account, provision them again."),
        new(FailureCode.RoleNotAssignable, Retryable: false, Infrastructure: false, "The app does not allow this role for this person.", "Assign another role in the identity provider, or free the exclusive role in the app."),
        new(FailureCode.UnsupportedOperation, Retryable: false, Infrastructure: false, "The connector cannot do this in this app.", "Do it by hand in the app, and close the human task so that it is verified."),
        new(FailureCode.RateLimited, Retryable: true, Infrastructure: true, "The app asked to slow down.", "Nothing: it is tried again later. Lower the concurrency if it keeps happening."),
        new(FailureCode.CaptchaOrStepUp, Retryable: false, Infrastructure: true, "The app wants to see a human: a CAPTCHA or a new-device check.", "Sign in once as the service account from this machine's address, answer the challenge, and retry."),
        new(FailureCode.AppUnavailable, Retryable: true, Infrastructure: true, "The app did not answer, or answered with an error page.", "Nothing: it is tried again. Look at the app's status page if it keeps happening."),
        new(FailureCode.PageChanged, Retryable: true, Infrastructure: true, "A page of the app is not as the connector describes it.", "Look at the evidence, update the connector, and retry."),
        new(FailureCode.VerificationFailed, Retryable: true, Infrastructure: false, "The app accepted the change, but does not show it.", "Look at the account in the app; retry, or do it by hand."),
        new(FailureCode.IncompleteRead, Retryable: true, Infrastructure: false, "A list of the app could not be proved complete.", "Nothing: it is read again. Look at the evidence if it keeps happening."),
        new(FailureCode.Timeout, Retryable: true, Infrastructure: true, "A step took longer than its limit.", "Nothing: it is tried again. Look at the app's speed if it keeps happening."),
        new(FailureCode.Cancelled, Retryable: false, Infrastructure: false, "A person cancelled it.", "Retry it if it is still wanted."),
    }.ToFrozenDictionary(info => info.Code);

    /// <summary>All codes with their nature.</summary>
    public static IReadOnlyCollection<FailureCodeInfo> All => Table.Values;

    /// <summary>The nature of one code.</summary>
    /// <param name="code">The code.</param>
    /// <returns>What it means.</returns>
    public static FailureCodeInfo Of(FailureCode code) => Table[code];
}

/// <summary>A failure of one run.</summary>
/// <param name="Code">Why.</param>
/// <param name="Detail">What was looked for and what was there, in words a person can use; never a secret.</param>
/// <param name="Step">The step at which it happened, for example <c>createUser/3 click button "Send invite"</c>, where known.</param>
public sealed record Failure(FailureCode Code, string Detail, string? Step = null);
