using IdLcm.Domain.Storage;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// Small pages that were read lately. Background work and the lists of the dashboard ask the same few ranges of each
/// partition again and again, and nearly always there is nothing in them: that nothing has changed costs no look at SQLite.
/// </summary>
/// <remarks>
/// Every answer is as of the last commit, by the rule of <see cref="RecordCache"/>: while a transaction touches a partition,
/// readers go to SQLite and nothing is offered, and what was read before it began is declined afterwards. Partitions share
/// stripes: one of them that changes forgets the pages of its neighbours, which costs a read and no more.
/// </remarks>
internal sealed class PageCache
{
    private const int Stripes = 1024;
    private const int MaxPagesOfStripe = 48;
    private const int MaxRecords = 1;
    private const int MaxBytes = 512;

    private readonly Stripe[] _stripes = new Stripe[Stripes];

    /// <summary>Creates an empty cache.</summary>
    public PageCache()
    {
        for (var i = 0; i < Stripes; i++)
        {
            _stripes[i] = new Stripe();
        }
    }

    /// <summary>Finds a page.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="ticket">On a miss, what to pass to <see cref="Offer"/>; -1 when nothing should be offered.</param>
    /// <returns>The page, or null on a miss.</returns>
    public RecordPage? Find(in PageKey key, out long ticket) => StripeOf(key.Partition).Find(key, out ticket);

    /// <summary>Offers a page that was read from SQLite after a miss. Only small ones are kept.</summary>
    /// <param name="key">What was asked for.</param>
    /// <param name="page">The page.</param>
    /// <param name="ticket">What <see cref="Find"/> gave before the read.</param>
    public void Offer(in PageKey key, RecordPage page, long ticket)
    {
        if (ticket >= 0 && page.Records.Count <= MaxRecords && page.Records.Sum(record => record.Value.Length) <= MaxBytes)
        {
            StripeOf(key.Partition).Offer(key, page, ticket);
        }
    }

    /// <summary>Marks a partition as being changed by a transaction. Each call is ended by one <see cref="EndChange"/>.</summary>
    /// <param name="partition">The partition.</param>
    public void BeginChange(string partition) => StripeOf(partition).BeginChange();

    /// <summary>Ends a change, whatever became of it.</summary>
    /// <param name="partition">The partition.</param>
    public void EndChange(string partition) => StripeOf(partition).EndChange();

    private Stripe StripeOf(string partition) => _stripes[(uint)string.GetHashCode(partition, StringComparison.Ordinal) % Stripes];

    private sealed class Stripe
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<PageKey, RecordPage> _pages = [];
        private long _changes;
        private int _pending;

        public RecordPage? Find(in PageKey key, out long ticket)
        {
            lock (_gate)
            {
                ticket = _pending > 0 ? -1 : _changes;
                return _pages.GetValueOrDefault(key);
            }
        }

        public void Offer(in PageKey key, RecordPage page, long ticket)
        {
            lock (_gate)
            {
                if (_pending > 0 || _changes != ticket)
                {
                    return;
                }

                if (_pages.Count >= MaxPagesOfStripe)
                {
                    // Ranges that end at this moment are asked for once: they must not keep the others out.
                    _pages.Clear();
                }

                _pages[key] = page;
            }
        }

        public void BeginChange()
        {
            lock (_gate)
            {
                _changes++;
                _pending++;
                _pages.Clear();
            }
        }

        public void EndChange()
        {
            lock (_gate)
            {
                _pending--;
            }
        }
    }
}

/// <summary>What a page was asked for with.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Range">The range of rows.</param>
/// <param name="Limit">The most rows; 0 for one row that is not there.</param>
/// <param name="After">The last row of the page before, or null.</param>
internal readonly record struct PageKey(string Partition, RowRange Range, int Limit, string? After)
{
    /// <summary>That a row is not there.</summary>
    public static PageKey Absence(string partition, string row) => new(partition, new RowRange(row, null), 0, null);
}
