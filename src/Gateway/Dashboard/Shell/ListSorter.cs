namespace IdLcm.Gateway.Dashboard;

/// <summary>The columns that a list can be sorted by. An address names one by its key, with '-' before it the other way round.</summary>
/// <typeparam name="T">A row.</typeparam>
/// <param name="usual">How it is sorted where its address does not say; what is alike by another column stays in this order.</param>
/// <param name="columns">The columns by their keys.</param>
internal sealed class ListSorter<T>(string usual, params (string Key, Func<T, IComparable?> Of)[] columns)
{
    private static readonly Comparer<IComparable?> Order = Comparer<IComparable?>.Create((one, other) =>
        one is string text && other is string otherText ? StringComparer.OrdinalIgnoreCase.Compare(text, otherText) : Comparer<IComparable?>.Default.Compare(one, other));

    /// <summary>The order that an address asks for; the usual one where it names no column of the list.</summary>
    public string Read(string? sort) => sort is not null && columns.Any(column => column.Key == KeyOf(sort)) ? sort : usual;

    /// <summary>What an address carries for an order; null where it need not say it.</summary>
    public string? Parameter(string sort) => sort == usual ? null : sort;

    /// <summary>Sorts rows.</summary>
    public IReadOnlyList<T> Sort(IEnumerable<T> rows, string sort) => [.. By(By(rows, usual), sort)];

    private static string KeyOf(string sort) => sort.StartsWith('-') ? sort[1..] : sort;

    private IOrderedEnumerable<T> By(IEnumerable<T> rows, string sort)
    {
        var of = columns.First(column => column.Key == KeyOf(sort)).Of;
        return sort.StartsWith('-') ? rows.OrderByDescending(of, Order) : rows.OrderBy(of, Order);
    }
}
