namespace IdLcm.EndToEnd.Tests;

/// <summary>One product for all tests of a class, which run one after the other, each with people of its own.</summary>
public sealed class ProductFixture : IAsyncLifetime
{
    internal Product Product { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Product = await Product.StartAsync();

    public ValueTask DisposeAsync() => Product.DisposeAsync();
}
