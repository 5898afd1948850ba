using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimFilterTests
{
    private static readonly ScimResource Barbara = User(
        """
        {"userName":"BJensen","externalId":"Ext-1","displayName":"Barbara","active":true,"title":"","name":{"familyName":"O'Malley","givenName":"B \"Babs\""},
         "emails":[{"value":"bj@Example.com","type":"work","primary":true},{"value":"babs@home.org","type":"home"}],
         "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"42","manager":{"value":"m1"}},
         "urn:example:crm:2.0:User":{"level":7,"ratio":1.5,"since":"2020-01-01T01:00:00+01:00","badge":"AbC","labels":["Red","blue"]}}
        """,
        Crm);

    [Theory]
    [InlineData("userName eq \"bjensen\"", true)]
    [InlineData("USERNAME EQ \"BJENSEN\"", true)]
    [InlineData("userName ne \"bjensen\"", false)]
    [InlineData("userName co \"jen\"", true)]
    [InlineData("userName sw \"bj\"", true)]
    [InlineData("userName ew \"SEN\"", true)]
    [InlineData("userName gt \"a\"", true)]
    [InlineData("userName le \"a\"", false)]
    [InlineData("externalId eq \"Ext-1\"", true)]
    [InlineData("externalId eq \"ext-1\"", false)]
    [InlineData("externalId eq Ext-1", true)]
    [InlineData("externalId eq 3f2504e0-4f89", false)]
    [InlineData("urn:example:crm:2.0:User:badge eq \"AbC\"", true)]
    [InlineData("urn:example:crm:2.0:User:badge eq \"abc\"", false)]
    [InlineData("active eq true", true)]
    [InlineData("active eq False", false)]
    [InlineData("active eq \"True\"", true)]
    [InlineData("active ne false", true)]
    [InlineData("name.familyName co \"O'Malley\"", true)]
    [InlineData("name.givenName eq \"B \\\"Babs\\\"\"", true)]
    [InlineData("name pr", true)]
    [InlineData("name.middleName pr", false)]
    [InlineData("title pr", false)]
    [InlineData("nickName pr", false)]
    [InlineData("nickName eq null", true)]
    [InlineData("nickName ne null", false)]
    [InlineData("nickName ne \"x\"", true)]
    [InlineData("nickName eq \"x\"", false)]
    [InlineData("emails pr", true)]
    [InlineData("emails co \"example.com\"", true)]
    [InlineData("emails.value eq \"BABS@home.org\"", true)]
    [InlineData("emails.type eq \"other\"", false)]
    [InlineData("emails[type eq \"work\" and value co \"@example.com\"]", true)]
    [InlineData("emails[type eq \"home\" and value co \"@example.com\"]", false)]
    [InlineData("emails[type eq \"work\"].value eq \"bj@example.com\"", true)]
    [InlineData("emails[type eq \"home\"].value eq \"bj@example.com\"", false)]
    [InlineData("emails[primary eq true]", true)]
    [InlineData("emails[not (type eq \"work\")]", true)]
    [InlineData("userName eq \"x\" or userName eq \"bjensen\" and active eq true", true)]
    [InlineData("(userName eq \"x\" or userName eq \"bjensen\") and active eq false", false)]
    [InlineData("not (userName eq \"x\")", true)]
    [InlineData("not(userName eq \"x\")and(active eq true)", true)]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"bjensen\"", true)]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName sw \"o'\"", true)]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq \"42\"", true)]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"m1\"", true)]
    [InlineData("id eq \"u1\" and manager eq \"m1\"", true)]
    [InlineData("id eq \"u1\" and manager eq \"m2\"", false)]
    [InlineData("id eq \"u1\" and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"m1\"", true)]
    [InlineData("id eq \"u1\" and manager.value eq \"m1\"", true)]
    [InlineData("id eq \"U1\"", false)]
    [InlineData("urn:example:crm:2.0:User:level gt 6", true)]
    [InlineData("urn:example:crm:2.0:User:level eq 7.0", true)]
    [InlineData("urn:example:crm:2.0:User:ratio lt 1.5", false)]
    [InlineData("urn:example:crm:2.0:User:ratio ge 15e-1", true)]
    [InlineData("urn:example:crm:2.0:User:since eq \"2020-01-01T00:00:00Z\"", true)]
    [InlineData("urn:example:crm:2.0:User:since gt \"2019-12-31T23:59:59.999Z\"", true)]
    [InlineData("urn:example:crm:2.0:User:labels eq \"red\"", true)]
    [InlineData("urn:example:crm:2.0:User:labels[value eq \"green\"]", false)]
    [InlineData("meta.lastModified gt \"2026-02-03T00:00:00Z\"", true)]
    [InlineData("meta.created ge \"2026-01-02T04:04:05+01:00\"", true)]
    [InlineData("meta.resourceType eq \"User\"", true)]
    [InlineData("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", true)]
    public void A_filter_matches_by_the_rules(string filter, bool expected) =>
        Assert.Equal(expected, ScimFilter.Parse(filter).Matches(Barbara));

    [Theory]
    [InlineData("id eq \"g1\" and members eq \"u2\"", true)]
    [InlineData("id eq \"g1\" and members.value eq \"u9\"", false)]
    [InlineData("members[value eq \"u1\"]", true)]
    [InlineData("displayName eq \"SALES\"", true)]
    public void A_group_is_found_by_name_and_member(string filter, bool expected) =>
        Assert.Equal(expected, ScimFilter.Parse(filter).Matches(Group("""{"displayName":"Sales","members":[{"value":"u1"},{"value":"u2"}]}""")));

    [Theory]
    [InlineData("")]
    [InlineData("userName")]
    [InlineData("userName eq")]
    [InlineData("userName eq bjensen")]
    [InlineData("userName xx \"a\"")]
    [InlineData("userName eq \"a")]
    [InlineData("userName eq \"a\\x\"")]
    [InlineData("userName eq \"\\ud800\"")]
    [InlineData("userName eq \"a\" and")]
    [InlineData("userName eq \"a\" userName eq \"b\"")]
    [InlineData("(userName eq \"a\"")]
    [InlineData("userName eq \"a\")")]
    [InlineData("not userName eq \"a\"")]
    [InlineData("emails[type eq \"work\"")]
    [InlineData("emails[emails[type eq \"x\"]]")]
    [InlineData("emails[]")]
    [InlineData("emails.type[value eq \"x\"]")]
    [InlineData("1abc eq \"a\"")]
    [InlineData("user name eq \"a\"")]
    [InlineData("userName eq 1e999")]
    [InlineData("a.b.c eq \"x\"")]
    [InlineData("[type eq \"x\"]")]
    public void A_malformed_filter_is_invalidFilter(string filter)
    {
        var error = Refusal(() => ScimFilter.Parse(filter));
        Assert.Equal((400, ScimErrorType.InvalidFilter), (error.Status, error.Type));
    }

    [Fact]
    public void A_malformed_filter_says_where() =>
        Assert.Contains("character 17", Refusal(() => ScimFilter.Parse("userName eq \"a\" nad active eq true")).Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData("active gt true")]
    [InlineData("active co \"t\"")]
    [InlineData("active eq \"maybe\"")]
    [InlineData("userName eq true")]
    [InlineData("userName gt null")]
    [InlineData("name co \"x\"")]
    [InlineData("nope eq \"x\"")]
    [InlineData("name.nope eq \"x\"")]
    [InlineData("emails[nope eq \"x\"]")]
    [InlineData("urn:nope:userName eq \"x\"")]
    [InlineData("urn:example:crm:2.0:User pr")]
    [InlineData("urn:example:crm:2.0:User:level co 1")]
    [InlineData("urn:example:crm:2.0:User:level eq \"seven\"")]
    [InlineData("urn:example:crm:2.0:User:since gt \"soon\"")]
    [InlineData("x509Certificates.value gt \"AA==\"")]
    [InlineData("password eq \"x\"")]
    public void A_comparison_that_the_type_does_not_have_is_invalidFilter(string filter) =>
        Assert.Equal(ScimErrorType.InvalidFilter, Refusal(() => ScimFilter.Parse(filter).Compile(Crm)).Type);

    [Fact]
    public void An_undefined_attribute_counts_as_empty_in_a_query_over_several_types()
    {
        Assert.False(ScimFilter.Parse("displayName eq \"x\" or members pr").Compile(Crm, undefinedMatchesNothing: true)(Barbara));
        Assert.True(ScimFilter.Parse("members ne \"x\"").Compile(Crm, undefinedMatchesNothing: true)(Barbara));
    }

    [Fact]
    public void Length_depth_and_number_of_terms_are_limited()
    {
        string[] filters =
        [
            "userName eq \"" + new string('x', 9000) + "\"",
            new string('(', 5000) + "userName pr" + new string(')', 3000),
            string.Concat(Enumerable.Repeat("not (", 1000)) + "userName pr" + new string(')', 1000),
            string.Join(" or ", Enumerable.Repeat("title pr", 200)),
        ];
        Assert.All(filters, f => Assert.Equal(ScimErrorType.InvalidFilter, Refusal(() => ScimFilter.Parse(f)).Type));
        Assert.True(ScimFilter.Parse(new string('(', 15) + "userName pr" + new string(')', 15)).Matches(Barbara));
    }

    [Theory]
    [InlineData("a eq \"x\" and (b pr or c.d gt 5) and not (e[f eq \"q\\\"\\\\\" or g ne null])")]
    [InlineData("urn:x:y:2.0:User:a.b eq true or c co \"\\u0001\"")]
    public void A_filter_prints_as_it_is_written(string filter) =>
        Assert.Equal(filter, ScimFilter.Parse(filter).ToString());

    [Theory]
    [InlineData("userName eq \"B\"", ScimLookupKeys.UserName, "B", null)]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"B\"", ScimLookupKeys.UserName, "B", null)]
    [InlineData("externalId eq abc", ScimLookupKeys.ExternalId, "abc", null)]
    [InlineData("emails[type eq \"work\"].value eq \"b@x\"", ScimLookupKeys.WorkEmail, "b@x", null)]
    [InlineData("emails[type eq \"work\" and value eq \"b@x\"]", ScimLookupKeys.WorkEmail, "b@x", null)]
    [InlineData("emails.value eq \"b@x\"", ScimLookupKeys.Email, "b@x", null)]
    [InlineData("emails eq \"b@x\"", ScimLookupKeys.Email, "b@x", null)]
    [InlineData("emails[value eq \"b@x\"]", ScimLookupKeys.Email, "b@x", null)]
    [InlineData("displayName eq \"Sales\"", ScimLookupKeys.DisplayName, "Sales", null)]
    [InlineData("displayName eq \"D\" and userName eq \"B\" and active eq true", ScimLookupKeys.UserName, "B", "displayName eq \"D\" and active eq true")]
    [InlineData("manager eq \"m1\" and id eq \"u1\"", ScimLookupKeys.Id, "u1", "manager eq \"m1\"")]
    [InlineData("members[value eq \"u1\"]", ScimLookupKeys.Member, "u1", null)]
    [InlineData("manager.value eq \"m1\"", ScimLookupKeys.Manager, "m1", null)]
    [InlineData("groups.value eq \"g1\"", ScimLookupKeys.Group, "g1", null)]
    public void An_equality_that_an_index_answers_is_taken_out(string filter, ScimLookupKeys key, string value, string? residual)
    {
        var lookup = ScimLookup.TryGetEquality(ScimFilter.Parse(filter));
        Assert.Equal((key, value, residual), (lookup!.Key, lookup.Value, lookup.Residual?.ToString()));
    }

    [Theory]
    [InlineData("userName ne \"B\"")]
    [InlineData("userName eq \"B\" or active eq true")]
    [InlineData("not (userName eq \"B\")")]
    [InlineData("emails[type eq \"home\"].value eq \"b@x\"")]
    [InlineData("emails[type eq \"work\" and primary eq true].value eq \"b@x\"")]
    [InlineData("emails[type eq \"work\" or value eq \"b@x\"]")]
    [InlineData("emails[type eq \"work\"]")]
    [InlineData("title eq \"x\"")]
    [InlineData("userName eq null")]
    public void What_no_index_answers_needs_a_scan(string filter) =>
        Assert.Null(ScimLookup.TryGetEquality(ScimFilter.Parse(filter)));

    [Fact]
    public void Only_the_indexes_that_there_are_are_used() =>
        Assert.Equal(ScimLookupKeys.DisplayName, ScimLookup.TryGetEquality(ScimFilter.Parse("userName eq \"b\" and displayName eq \"d\""), ScimLookupKeys.DisplayName)!.Key);

    [Fact]
    public void A_reference_check_of_a_member_is_recognized()
    {
        Assert.True(ScimLookup.TryGetMembership(ScimFilter.Parse("id eq \"g1\" and members eq \"u1\""), out var group, out var member));
        Assert.Equal(("g1", "u1"), (group, member));
        Assert.False(ScimLookup.TryGetMembership(ScimFilter.Parse("id eq \"g1\" and members eq \"u1\" and displayName pr"), out _, out _));
        Assert.False(ScimLookup.TryGetMembership(ScimFilter.Parse("id eq \"g1\""), out _, out _));
    }
}
