namespace IdLcm.Gateway.Dashboard;

/// <summary>How many pages are open, and how often they are told: the more each costs, the less often, so that all of them together stay affordable.</summary>
internal sealed class OpenPages(SharedPages shared)
{
    /// <summary>What following changes may cost, of one core.</summary>
    private const double Share = .08;

    /// <summary>However much happens, a page is told this often at the most.</summary>
    private static readonly TimeSpan LeastPace = TimeSpan.FromSeconds(1);

    /// <summary>And, for each page that is open, at least this often, whatever a moment's load makes of the costs.</summary>
    private static readonly TimeSpan MostPaceOfEach = TimeSpan.FromMilliseconds(60);

    private int open;

    public TimeSpan Pace
    {
        get
        {
            var pages = Volatile.Read(ref open);
            var affordable = TimeSpan.FromMilliseconds(pages * shared.Cost / Share);
            var most = MostPaceOfEach * pages;
            return affordable < LeastPace || most < LeastPace ? LeastPace : affordable < most ? affordable : most;
        }
    }

    public void Opened() => Interlocked.Increment(ref open);

    public void Closed() => Interlocked.Decrement(ref open);
}
