using System.Text;
using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

public sealed class ScimListTests
{
    private static ScimQuery Query(params (string Name, string? Value)[] parameters) =>
        ScimQuery.FromParameters(parameters.Select(p => KeyValuePair.Create(p.Name, p.Value)));

    [Fact]
    public void An_empty_page_is_a_list_response_with_integer_counters() =>
        Assert.Equal(
            """{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"itemsPerPage":0,"startIndex":1,"Resources":[]}""",
            Text(w => ScimListResponse.WriteIndexPage(w, 0, 1, [], null, BaseUrl)));

    [Fact]
    public void A_page_by_cursor_has_the_cursors_of_its_neighbours()
    {
        var json = Json(w => ScimListResponse.WriteCursorPage(w, null, [User()], "n", "p", null, BaseUrl));
        Assert.Equal(("n", "p", 1), ((string?)json["nextCursor"], (string?)json["previousCursor"], (int)json["itemsPerPage"]!));
        Assert.Null(json["totalResults"]);
        Assert.Null(Json(w => ScimListResponse.WriteCursorPage(w, 1, [User()], null, null, null, BaseUrl))["nextCursor"]);
    }

    [Fact]
    public void Parameters_of_a_query_are_read()
    {
        var query = Query(("filter", "userName eq \"b\""), ("startIndex", "0"), ("count", "-5"), ("sortBy", "userName"), ("sortOrder", "Descending"), ("attributes", "id"), ("api-version", "1"));
        Assert.Equal("userName eq \"b\"", query.Filter!.ToString());
        Assert.Equal((1, 0, "userName", true, "id", (string?)null), (query.StartIndex, query.Count!.Value, query.SortBy, query.IsDescending, query.Attributes, query.Cursor));
        Assert.Equal(string.Empty, Query(("cursor", string.Empty)).Cursor);
        Assert.Equal(1, Query(("count", "1")).PageSize(ScimLimits.Default));
        Assert.Equal(1000, Query(("count", "999999999999")).PageSize(ScimLimits.Default));
        Assert.Equal(100, Query().PageSize(ScimLimits.Default));
    }

    [Theory]
    [InlineData("99999999999999999999", 1000, long.MaxValue)]
    [InlineData("+99999999999999999999", 1000, long.MaxValue)]
    [InlineData("-99999999999999999999", 0, 1)]
    public void A_whole_number_may_be_of_any_size(string number, int pageSize, long startIndex)
    {
        Assert.Equal(pageSize, Query(("count", number)).PageSize(ScimLimits.Default));
        Assert.Equal(startIndex, Query(("startIndex", number)).StartIndex);
    }

    [Fact]
    public void Bad_parameters_have_their_codes()
    {
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => Query(("count", "ten"))).Type);
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => Query(("count", "-"))).Type);
        Assert.Equal(ScimErrorType.InvalidCount, Refusal(() => Query(("cursor", string.Empty), ("count", "ten"))).Type);
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => Query(("startIndex", "1.5"))).Type);
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => Query(("sortOrder", "sideways"))).Type);
        Assert.Equal(ScimErrorType.InvalidFilter, Refusal(() => Query(("filter", "userName"))).Type);
    }

    [Fact]
    public void A_search_request_says_the_same_in_a_body()
    {
        var query = ScimQuery.FromSearchRequest("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["userName","name.givenName"],"filter":"active eq true","startIndex":11,"count":10,"excludedAttributes":[]}"""u8);
        Assert.Equal(("userName,name.givenName", 11, 10, (string?)null), (query.Attributes, query.StartIndex, query.Count!.Value, query.ExcludedAttributes));
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimQuery.FromSearchRequest("""{"filter":{}}"""u8)).Type);
        Assert.Equal(ScimErrorType.InvalidSyntax, Refusal(() => ScimQuery.FromSearchRequest("""{"schemas":["urn:x"]}"""u8)).Type);
    }

    [Fact]
    public void Sorting_follows_type_case_and_primary_with_empty_last()
    {
        ScimResource[] users =
        [
            Named("1", """{"userName":"c","emails":[{"value":"z@x"},{"value":"a@x","primary":true}],"urn:example:crm:2.0:User":{"level":10}}"""),
            Named("2", """{"userName":"B","emails":["m@x"],"urn:example:crm:2.0:User":{"level":9}}"""),
            Named("3", """{"userName":"a","name":{"familyName":"Z"}}"""),
        ];
        Assert.Equal("321", Sorted(users, "userName"));
        Assert.Equal("123", Sorted(users, "userName", descending: true));
        Assert.Equal("123", Sorted(users, "emails"));
        Assert.Equal("321", Sorted(users, "emails.value", descending: true));
        Assert.Equal("213", Sorted(users, "urn:example:crm:2.0:User:level"));
        Assert.Equal("312", Sorted(users, "name.familyName"));
        Assert.Equal("123", Sorted(users, "nickName"));
        Assert.Equal("123", Sorted(users, "id"));
        Assert.Equal(ScimErrorType.InvalidPath, Refusal(() => ScimSort.Parse(Crm, "nope")).Type);
        Assert.Equal(ScimErrorType.InvalidPath, Refusal(() => ScimSort.Parse(Crm, "emails[type eq \"work\"]")).Type);
        Assert.Equal(ScimErrorType.InvalidValue, Refusal(() => ScimSort.Parse(Crm, "name")).Type);
    }

    private static ScimResource Named(string id, string json) =>
        ScimResource.Parse(Encoding.UTF8.GetBytes(json), Crm).WithIdentity(id, Meta);

    private static string Sorted(ScimResource[] users, string by, bool descending = false) =>
        string.Concat(users.Order(ScimSort.Parse(Crm, by, descending)).Select(u => u.Id));
}
