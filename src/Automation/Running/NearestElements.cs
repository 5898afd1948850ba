using System.Text.Json;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Says what is on the page instead of an element that is not there, and what of that could be meant.</summary>
internal sealed class NearestElements(RunState run)
{
    private const int MostRead = 200;
    private const int MostTold = 6;
    private const int MostTried = 6;

    /// <summary>Says that an element is not there, with what is on the page instead, and what of that could be meant.</summary>
    public async Task<StepFault> MissingAsync(Locator wanted, Frame frame)
    {
        var looked = $"Looked for {LocatorBuilder.Describe(wanted, frame.Scope)}: nothing visible matches.";
        var all = await CandidatesAsync(frame, root: null);
        if (all is null || await PartAsync(wanted, frame) is not var (part, root))
        {
            return new(FailureCode.PageChanged, $"{looked} {Sentence(wanted, frame, all)}");
        }

        var there = root is null ? all : await CandidatesAsync(frame, root) ?? [];
        var (gone, place) = root is null && part != wanted ? ($" {LocatorBuilder.Describe(part, frame.Scope)} is not there.", "on the page")
            : root is null || there.Count == 0 ? ("", "on the page") : ("", "there");
        return new(FailureCode.PageChanged, $"{looked}{gone} {Sentence(part, frame, there.Count == 0 ? all : there, place)}")
        {
            Repair = await ProposeAsync(part, root, frame, there),
        };
    }

    /// <summary>A sentence about what is on the page instead of what was looked for.</summary>
    public async Task<string> NearestAsync(Locator? wanted, Frame frame) => Sentence(wanted, frame, await CandidatesAsync(frame, root: null));

    private string Sentence(Locator? wanted, Frame frame, IReadOnlyList<Candidate>? candidates, string place = "on the page")
    {
        if (candidates is null)
        {
            return "";
        }

        var nearest = candidates.OrderBy(c => RepairFinder.Distance(wanted, run.Current, c, frame.Scope)).Take(MostTold).Select(c => $"{c.Role} \"{c.Name}\"").ToList();
        return nearest.Count == 0 ? "The page shows nothing that can be used." : $"Nearest {place}: {string.Join(", ", nearest)}.";
    }

    /// <summary>Which part of a nested locator is not there, and in what it should be: the innermost that is there. Null where that is there more than once.</summary>
    private async Task<(Locator Part, ILocator? Root)?> PartAsync(Locator wanted, Frame frame)
    {
        if (wanted.Within is not { } within)
        {
            return (wanted, frame.Row);
        }

        try
        {
            var holder = LocatorBuilder.Build(run.Page, frame, within);
            return await holder.CountAsync().WaitAsync(run.DefaultStepLimit, run.Token) switch
            {
                0 => await PartAsync(within, frame),
                1 => (wanted, holder),
                _ => null,
            };
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The likeliest of what there is that the page shows exactly once.</summary>
    private async Task<LocatorRepair?> ProposeAsync(Locator part, ILocator? root, Frame frame, IReadOnlyList<Candidate> candidates)
    {
        try
        {
            foreach (var repair in RepairFinder.Find(part, frame.Scope, run.Current, candidates).Take(MostTried))
            {
                if (await LocatorBuilder.Build(run.Page, frame, repair, root).CountAsync().WaitAsync(run.DefaultStepLimit, run.Token) == 1)
                {
                    return repair;
                }
            }
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            // The page went away while it was looked at: it proposes nothing.
        }

        return null;
    }

    /// <summary>What the page shows, or what is in a part of it; null where it does not say.</summary>
    private async Task<IReadOnlyList<Candidate>?> CandidatesAsync(Frame frame, ILocator? root)
    {
        try
        {
            var reading = root is null
                ? run.DocumentOf(frame).EvaluateAsync<string>(PageScripts.CandidatesOfDocument, MostRead)
                : root.EvaluateAsync<string>(PageScripts.Candidates, MostRead, new() { Timeout = (float)run.DefaultStepLimit.TotalMilliseconds });
            return [.. JsonSerializer.Deserialize<string[][]>(await reading.WaitAsync(run.DefaultStepLimit, run.Token))!.Select(c => new Candidate(c[0], c[1], c[2]))];
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException or JsonException)
        {
            return null;
        }
    }
}
