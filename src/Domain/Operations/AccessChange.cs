using IdLcm.Domain.Users;

namespace IdLcm.Domain.Operations;

/// <summary>
/// Orders a change of roles or entitlements so that nobody is left without access in between: where the app gives and takes
/// one by one, what is new is given and proved before anything is taken away. Only what cannot be held beside something new
/// goes first.
/// </summary>
public static class AccessChange
{
    /// <summary>The first step of a change.</summary>
    /// <param name="has">What the account has.</param>
    /// <param name="wished">What it is to have.</param>
    /// <param name="piecemeal">True when the app gives and takes one by one; false when one save sets them all.</param>
    /// <param name="clash">Whether two cannot be held together.</param>
    /// <returns>What to give and what to take.</returns>
    public static (List<string> Added, List<string> Removed) FirstStep(
        IReadOnlyList<string> has, IReadOnlyList<string> wished, bool piecemeal, Func<string, string, bool> clash)
    {
        List<string> added = [.. wished.Except(has, StringComparer.OrdinalIgnoreCase)];
        List<string> removed = [.. has.Except(wished, StringComparer.OrdinalIgnoreCase)];
        if (!piecemeal || added.Count == 0 || removed.Count == 0)
        {
            return (added, removed);
        }

        List<string> inTheWay = [.. removed.Where(old => added.Exists(value => clash(old, value) || clash(value, old)))];
        return inTheWay.Count > 0 ? ([], inTheWay) : (added, []);
    }

    /// <summary>
    /// One entitlement of a change, where a visit of the app's page gives or takes a single one. A permission that takes the
    /// place of another on the same asset is given without taking that one first.
    /// </summary>
    public static (List<string> Added, List<string> Removed) OneStep(IReadOnlyList<string> has, IReadOnlyList<string> wished, DesiredAccount desired)
    {
        List<string> removed = [.. has.Except(wished, StringComparer.OrdinalIgnoreCase)];
        foreach (var value in wished.Except(has, StringComparer.OrdinalIgnoreCase))
        {
            var inTheWay = removed.Where(old => desired.ClashesAsEntitlement(old, value) || desired.ClashesAsEntitlement(value, old)).ToList();
            return inTheWay.Find(old => desired.PartsOf(old).Asset != desired.PartsOf(value).Asset) is { } first ? ([], [first]) : ([value], inTheWay);
        }

        return ([], [removed[0]]);
    }

    /// <summary>What the account has after a step.</summary>
    public static IReadOnlyList<string> After(IReadOnlyList<string> has, IReadOnlyList<string> added, IReadOnlyList<string> removed) =>
        [.. has.Except(removed, StringComparer.OrdinalIgnoreCase), .. added];

    /// <summary>How many values a whole change gives and takes.</summary>
    public static int Size(IReadOnlyList<string> has, IReadOnlyList<string> wished) =>
        wished.Except(has, StringComparer.OrdinalIgnoreCase).Count() + has.Except(wished, StringComparer.OrdinalIgnoreCase).Count();
}
