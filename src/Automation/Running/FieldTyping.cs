using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>
/// Types into the fields of a page. A page that still runs its scripts may move the focus in that very moment, and what
/// was typed then stands in another field: so all that was typed on this page is typed again where it is not there.
/// </summary>
internal sealed class FieldTyping
{
    private const int Rounds = 3;
    private const float LookTimeout = 1_000;

    // A field that has the focus and is empty has emptied itself, as those do that make a tag of what is typed.
    private const string LostToAnother = "e => (e.value ?? e.textContent) === '' && e.getRootNode().activeElement !== e";
    private const string Differs = "(e, typed) => (e.value ?? e.textContent) !== typed";

    private readonly List<(ILocator Element, string Value)> typed = [];

    /// <summary>Types into a field.</summary>
    /// <param name="element">The field.</param>
    /// <param name="value">What is typed in place of what it held.</param>
    /// <param name="timeout">For how long the field may keep one waiting, in milliseconds.</param>
    /// <returns>A task that ends when it is there.</returns>
    public async Task FillAsync(ILocator element, string value, float timeout)
    {
        await element.FillAsync(value, new() { Timeout = timeout });
        typed.Add((element, value));
        for (var round = 1; round < Rounds && value.Length > 0 && await IsAsync(element, LostToAnother, null, timeout); round++)
        {
            foreach (var (earlier, text) in typed)
            {
                if (await IsAsync(earlier, Differs, text, timeout))
                {
                    await earlier.FillAsync(text, new() { Timeout = timeout });
                }
            }
        }
    }

    /// <summary>Something was done that may have sent the form: what was typed before is no longer to be put right.</summary>
    public void Forget() => typed.Clear();

    // A page may leave for another as soon as something is typed: then there is nothing to put right.
    private static async Task<bool> IsAsync(ILocator element, string script, string? argument, float timeout)
    {
        try
        {
            return await element.EvaluateAsync<bool>(script, argument, new() { Timeout = Math.Min(timeout, LookTimeout) });
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            return false;
        }
    }
}
