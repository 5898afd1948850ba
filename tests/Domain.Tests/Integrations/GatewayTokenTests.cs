using IdLcm.Domain.Integrations;

namespace IdLcm.Domain.Tests.Integrations;

public sealed class GatewayTokenTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_token_is_kept_as_a_hash_and_found_until_it_expires()
    {
        var (integration, kept, token) = Generate(Empty, Now);

        Assert.DoesNotContain(token, System.Text.Encoding.UTF8.GetString(DomainJson.Encode(integration)), StringComparison.Ordinal);
        Assert.Equal(kept.Id, GatewayTokens.Find(integration, token, Now)?.Id);
        Assert.Null(GatewayTokens.Find(integration, token + "x", Now));
        Assert.Null(GatewayTokens.Find(integration, token, Now + TimeSpan.FromDays(31)));
    }

    [Fact]
    public void During_a_rotation_the_last_two_tokens_are_valid_and_never_more()
    {
        var (first, _, oldest) = Generate(Empty, Now);
        var (second, _, older) = Generate(first, Now.AddHours(1));
        var (third, _, newest) = Generate(second, Now.AddHours(2));

        Assert.Null(GatewayTokens.Find(third, oldest, Now.AddHours(3)));
        Assert.NotNull(GatewayTokens.Find(third, older, Now.AddHours(3)));
        Assert.NotNull(GatewayTokens.Find(third, newest, Now.AddHours(3)));
        Assert.Null(GatewayTokens.Find(third, older, Now.AddHours(2 + 24)));
    }

    private static Integration Empty { get; } = new()
    {
        Id = "i", Name = "n", ConnectorId = "c", ConnectorVersion = "1.0.0", CreatedAt = Now, CreatedBy = "test", ModifiedAt = Now,
    };

    private static (Integration, GatewayToken, string) Generate(Integration integration, DateTimeOffset now) =>
        GatewayTokens.Generate(integration, "Entra ID", now, TimeSpan.FromDays(30), TimeSpan.FromHours(24));
}
