using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace IdLcm.Samples.Testing;

/// <summary>Form posts that can be told to answer with success and do nothing.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WriteAction>))]
public enum WriteAction
{
    /// <summary>Send invite.</summary>
    [JsonStringEnumMemberName("invite")]
    Invite,

    /// <summary>Save changes of a member.</summary>
    [JsonStringEnumMemberName("save")]
    Save,

    /// <summary>Suspend.</summary>
    [JsonStringEnumMemberName("suspend")]
    Suspend,

    /// <summary>Reactivate.</summary>
    [JsonStringEnumMemberName("reactivate")]
    Reactivate,

    /// <summary>Remove member.</summary>
    [JsonStringEnumMemberName("remove")]
    Remove,

    /// <summary>Resend invitation.</summary>
    [JsonStringEnumMemberName("resend")]
    Resend,

    /// <summary>Grant access to a project.</summary>
    [JsonStringEnumMemberName("grant")]
    Grant,

    /// <summary>Revoke access to a project.</summary>
    [JsonStringEnumMemberName("revoke")]
    Revoke,

    /// <summary>Save settings.</summary>
    [JsonStringEnumMemberName("settings")]
    Settings,

    /// <summary>Change password, and Set password of a member.</summary>
    [JsonStringEnumMemberName("password")]
    Password,

    /// <summary>Sign out everywhere.</summary>
    [JsonStringEnumMemberName("signOut")]
    SignOut,

    /// <summary>Turn two-step verification on or off.</summary>
    [JsonStringEnumMemberName("twoStep")]
    TwoStep,
}

/// <summary>Where "Please confirm you are human" stands in the way.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CaptchaPlace>))]
public enum CaptchaPlace
{
    /// <summary>Nowhere.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>After the right password.</summary>
    [JsonStringEnumMemberName("signIn")]
    SignIn,

    /// <summary>On every page, until confirmed in that session.</summary>
    [JsonStringEnumMemberName("everywhere")]
    Everywhere,
}

/// <summary>All fault switches at one moment. They are kept in memory only.</summary>
public sealed record FaultSettings
{
    /// <summary>Milliseconds that each page waits before anything is done.</summary>
    public int Slow { get; init; }

    /// <summary>Answers HTTP 500 without doing anything, on paths that begin with <see cref="ErrorPagePath"/>.</summary>
    public Times ErrorPage { get; init; }

    /// <summary>Where <see cref="ErrorPage"/> strikes; <c>/</c> is everywhere.</summary>
    public string ErrorPagePath { get; init; } = "/";

    /// <summary>Labels, buttons and links under other words: from the usual text to the shown one. Column headers are named <c>column:Email</c>.</summary>
    public IReadOnlyDictionary<string, string> RenamedLabels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>"Invite member" and "Remove member" are inside a closed "More" menu.</summary>
    public bool MovedButton { get; init; }

    /// <summary>The members list ends after this many pages, though its count tells the whole number.</summary>
    public int? ShortList { get; init; }

    /// <summary>Posts that say that they succeeded and change nothing.</summary>
    public IReadOnlyList<WriteAction> FakeSuccess { get; init; } = [];

    /// <summary>A session ends after this many requests.</summary>
    public int? SessionRequests { get; init; }

    /// <summary>Where a CAPTCHA stands in the way.</summary>
    public CaptchaPlace Captcha { get; init; }

    /// <summary>Seats of the plan, whatever the settings say.</summary>
    public int? SeatLimit { get; init; }

    /// <summary>A write is done and its answer never arrives: the connection is aborted.</summary>
    public Times CrashAfterCommit { get; init; }

    /// <summary>Connections are aborted before anything is done.</summary>
    public Times Down { get; init; }

    /// <summary>Pending members are not listed.</summary>
    public bool HidePending { get; init; }

    /// <summary>Answers 429 "Too many requests" without doing anything.</summary>
    public Times RateLimited { get; init; }

    /// <summary>The administrator may look at members and change nothing (403).</summary>
    public bool Underpermissioned { get; init; }

    /// <summary>Every page after sign-in says "Your subscription has been deactivated."</summary>
    public bool SubscriptionDeactivated { get; init; }

    /// <summary>Least length of a new password, whatever the page says.</summary>
    public int? PasswordLength { get; init; }

    /// <summary>Reads the JSON of <c>POST /testing/faults</c> over the defaults.</summary>
    /// <exception cref="JsonException">Not such JSON: a name or value that does not exist.</exception>
    public static FaultSettings Parse(string json) => new FaultSettings().With(json);

    internal FaultSettings With(string json)
    {
        if (JsonNode.Parse(json) is not JsonObject changes)
            throw new JsonException("Expected a JSON object of fault switches.");
        var merged = JsonSerializer.SerializeToNode(this, FaultJson.Default.FaultSettings)!.AsObject();
        foreach (var (name, value) in changes)
        {
            merged.Remove(name);
            if (value is not null)
                merged.Add(name, value.DeepClone());
        }

        return merged.Deserialize(FaultJson.Default.FaultSettings)!;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true)]
[JsonSerializable(typeof(FaultSettings))]
internal sealed partial class FaultJson : JsonSerializerContext;
