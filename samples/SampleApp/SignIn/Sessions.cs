using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace IdLcm.Samples.SignIn;

/// <summary>A message for the page that a form post leads to.</summary>
internal sealed record Flash(string Path, string Text, bool IsAlert);

/// <summary>One browser's session; it exists before sign-in too, so that the sign-in form has its antiforgery token.</summary>
internal sealed class Session(string id)
{
    private Flash? flash;
    private int requests;

    public string Id => id;

    public string FormToken { get; } = Sessions.NewSecret();

    public string? User { get; init; }

    public bool PasswordAccepted => Accepted is not null;

    /// <summary>Whose password was right, before the sign-in is done.</summary>
    public string? Accepted { get; set; }

    public bool ConfirmedHuman { get; set; }

    /// <summary>The secret of an authenticator that is being set up.</summary>
    public string? NewTotp { get; set; }

    public DateTimeOffset LastSeen { get; set; }

    public int CountRequest() => Interlocked.Increment(ref requests);

    public void Leave(Flash message) => Volatile.Write(ref flash, message);

    /// <summary>The message for this page, once. It waits for its page, so that another tab does not take it.</summary>
    public Flash? TakeFlash(string path) =>
        Volatile.Read(ref flash) is { } message && message.Path == path ? Interlocked.CompareExchange(ref flash, null, message) : null;
}

internal sealed class Sessions(TimeProvider time)
{
    public const string Cookie = "workspace_session";
    private static readonly TimeSpan IdleLimit = TimeSpan.FromHours(8);
    private readonly ConcurrentDictionary<string, Session> open = new(StringComparer.Ordinal);

    public Session? Find(string? id)
    {
        if (id is null || !open.TryGetValue(id, out var session))
            return null;
        var now = time.GetUtcNow();
        if (now - session.LastSeen > IdleLimit)
        {
            open.TryRemove(id, out _);
            return null;
        }

        session.LastSeen = now;
        return session;
    }

    /// <summary>Opens a session and sets its cookie; a new one at every sign-in, so that an id known before it is worth nothing.</summary>
    public Session Open(HttpContext http, string? user = null, bool confirmedHuman = false)
    {
        var now = time.GetUtcNow();
        foreach (var (id, old) in open)
        {
            if (now - old.LastSeen > IdleLimit)
                open.TryRemove(id, out _);
        }

        var session = new Session(NewSecret()) { User = user, ConfirmedHuman = confirmedHuman, LastSeen = now };
        open[session.Id] = session;
        http.Response.Cookies.Append(Cookie, session.Id, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = http.Request.IsHttps,
            Path = "/",
        });
        return session;
    }

    public void End(Session session) => open.TryRemove(session.Id, out _);

    public void EndAll() => open.Clear();

    /// <summary>Ends every other session of whoever has this one, as a new password does.</summary>
    public void EndOthers(Session kept)
    {
        foreach (var session in open.Values.Where(s => s.User == kept.User && s.Id != kept.Id))
            End(session);
    }

    /// <summary>Ends every session of somebody.</summary>
    public void EndOf(string user)
    {
        foreach (var session in open.Values.Where(s => string.Equals(s.User, user, StringComparison.OrdinalIgnoreCase)))
            End(session);
    }

    public static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
}
