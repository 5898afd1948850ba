using IdLcm.Domain.Scim;

namespace IdLcm.Gateway.Scim.Queries;

/// <summary>Finds which attributes a filter looks at.</summary>
internal static class FilterPaths
{
    public static IEnumerable<ScimAttributePath> Of(ScimFilter? filter) => filter switch
    {
        ScimAndFilter and => and.Terms.SelectMany(Of),
        ScimOrFilter or => or.Terms.SelectMany(Of),
        ScimNotFilter not => Of(not.Inner),
        ScimComparisonFilter comparison => [comparison.Path],
        ScimPresentFilter present => [present.Path],
        ScimValuePathFilter path => [path.Path, .. Of(path.Inner).Select(part => path.Path with { SubName = part.Name })],
        _ => [],
    };
}
