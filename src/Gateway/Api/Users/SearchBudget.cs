namespace IdLcm.Gateway.Api;

/// <summary>How many users a search may still look at, in one integration or in several.</summary>
internal sealed class SearchBudget(int users)
{
    private int left = users;

    /// <summary>True when nothing is left.</summary>
    public bool IsSpent => left <= 0;

    /// <summary>Takes one; false where nothing is left.</summary>
    public bool TrySpend() => left-- > 0;
}
