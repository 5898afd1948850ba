using System.Text.Json.Nodes;
using IdLcm.Domain.Users;

namespace IdLcm.Automation.Running;

/// <summary>
/// An account as a session has just read it. A write that begins with finding it goes on from there rather than reading it
/// again; anything that is done in between ends that.
/// </summary>
/// <param name="Identifier">By what it was looked for.</param>
/// <param name="Row">What the list shows of it.</param>
/// <param name="Page">The page that it was last read on; null where that is none that an address alone leads to.</param>
/// <param name="At">When, a timestamp of the run's clock.</param>
internal sealed record AccountSighting(string Identifier, JsonObject Row, LoadedPage? Page, long At)
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(5);

    /// <summary>Whether somebody who looks for an account now may take this for it.</summary>
    public bool Answers(string identifier, TimeProvider time) =>
        UserNames.AreSame(identifier, Identifier) && time.GetElapsedTime(At) < Lasts;
}

/// <summary>A page as it came: nothing was done to it since.</summary>
/// <param name="Asked">The address that was opened.</param>
/// <param name="Shown">The address that it then had.</param>
internal sealed record LoadedPage(string Asked, string Shown);
