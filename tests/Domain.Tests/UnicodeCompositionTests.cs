using IdLcm.Domain.Integrations;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Users;

namespace IdLcm.Domain.Tests;

/// <summary>The expected forms are those of another implementation of Unicode (Python's unicodedata 14.0).</summary>
public sealed class UnicodeCompositionTests
{
    [Theory]
    [InlineData("\u0065\u0301", "\u00e9")]
    [InlineData("\u0045\u0301", "\u00c9")]
    [InlineData("\u0061\u0323\u0302", "\u1ead")]
    [InlineData("\u0061\u0302\u0323", "\u1ead")]
    [InlineData("\u00e2\u0323", "\u1ead")]
    [InlineData("\u1ea5", "\u1ea5")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("\ud558\u11ab", "\ud55c")]
    [InlineData("\u1f71", "\u03ac")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u0958", "\u0915\u093c")]
    [InlineData("\u0071\u0307\u0323", "\u0071\u0323\u0307")]
    [InlineData("\u0301\u0065", "\u0301\u0065")]
    [InlineData("\u0065\u0301\u0301", "\u00e9\u0301")]
    [InlineData("\ud83d\ude00\u0065\u0301", "\ud83d\ude00\u00e9")]
    [InlineData("\u03b1\u0301\u0345", "\u1fb4")]
    [InlineData("\u0438\u0306", "\u0439")]
    [InlineData("\u006e\u0303\u006f\u0303", "\u00f1\u00f5")]
    [InlineData("\u05e9\u05c1\u05bc", "\u05e9\u05bc\u05c1")]
    [InlineData("\u09c7\u09be", "\u09cb")]
    [InlineData("\u0061\u0334\u0301", "\u00e1\u0334")]
    [InlineData("\u0061\u0301\u0334", "\u00e1\u0334")]
    [InlineData("\ufb01", "\ufb01")]
    [InlineData("\u0065\u0301\u0062\u0301\u0063\u0327\u0301", "\u00e9\u0062\u0301\u1e09")]
    public void Letters_and_marks_are_composed(string text, string composed)
    {
        Assert.Equal(composed, UnicodeComposition.Compose(text));
        Assert.Equal(composed, UnicodeComposition.Compose(composed));
        Assert.Equal(Rows.UserName(composed), Rows.UserName(text));
        Assert.True(UserNames.AreSame(text, composed));
    }

    [Fact]
    public void A_name_of_thousands_of_marks_is_composed_like_any_other()
    {
        var text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 8_000));
        Assert.Equal("\u1ea1" + new string('\u0323', 7_999) + new string('\u0301', 8_000), UnicodeComposition.Compose(text));
    }

    [Fact]
    public void What_holds_no_mark_is_the_same_instance_and_keeps_its_key()
    {
        const string name = "jos\u00e9.m\u00fcller@acme.test";
        Assert.Same(name, UnicodeComposition.Compose(name));
        Assert.Equal("x:n:" + Ids.KeyOf(name), Rows.UserName(name));
    }

    [Theory]
    [InlineData("Jose\u0301@acme.test", "jos\u00c9@acme.test", true)]
    [InlineData("jose@acme.test", "jos\u00e9@acme.test", false)]
    public void Keys_and_names_are_the_same_however_they_are_composed(string one, string other, bool same)
    {
        Assert.Equal(same, Ids.KeyOf(one) == Ids.KeyOf(other));
        Assert.Equal(same, UserNames.AreSame(one, other));
        var integration = new Integration
        {
            Id = "i", Name = "i", ConnectorId = "c", ConnectorVersion = "1.0.0", CreatedAt = default, CreatedBy = "o", ModifiedAt = default, ServiceAccount = new(one, "password", HasTotp: false, default),
        };
        Assert.Equal(same, integration.IsServiceAccount(other));
    }

    [Fact]
    public void An_app_shows_what_is_wished_however_it_composes_it()
    {
        Assert.True(AttributeValues.AreSame("Jose\u0301", " Jos\u00e9", ignoreCase: false));
        Assert.False(AttributeValues.AreSame("Jose\u0301", "jos\u00e9", ignoreCase: false));
        Assert.True(AttributeValues.AreSame("Jose\u0301", "jos\u00e9", ignoreCase: true));
        Assert.False(AttributeValues.AreSame("Jose", "jos\u00e9", ignoreCase: true));
    }
}
