using System.Text;
using FsCheck;
using FsCheck.Fluent;
using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

/// <summary>Random input. IDLCM_FUZZ_CASES sets the number of cases for a long run.</summary>
public sealed class ScimProperties
{
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("IDLCM_FUZZ_CASES"), out var n) ? n : 5_000;

    private static readonly string[] Names =
    [
        "userName", "USERNAME", "name", "name.givenName", "displayName", "active", "emails", "emails[type eq \"work\"].value", "roles", "addresses",
        "members", "schemas", "id", "meta", "externalId", "password", "groups", "value", "type", "primary", "$ref", "display", "x509Certificates",
        Enterprise, Enterprise + ":manager", "manager", "urn:example:crm:2.0:User", "urn:example:crm:2.0:User:level", "level", "since", "labels", "badge",
        "Operations", "op", "path", "", "]", "emails[", "é", "a.b.c", ":", "urn::x", "nope",
    ];

    private static readonly Gen<string> JsonText = Gen.Elements(
        "", "a", "True", "false", "work", "7", "1e400", "2020-01-01T00:00:00Z", "add", "Remove", "replace", "\\ud800", "\\u0000", "\\n", "😀", "x\\\"y",
        "members[value eq \\\"u1\\\"]", "emails[type eq \\\"work\\\"].value", "name.givenName", "emails[primary eq true]", "userName", "AA==",
        "urn:ietf:params:scim:api:messages:2.0:PatchOp", Enterprise, Enterprise + ":manager.value", "members", "emails", "active", "groups", "]", "a[b");

    private static Gen<string> Json(int depth)
    {
        var leaf = Gen.OneOf(
            JsonText.Select(s => $"\"{s}\""),
            Gen.Elements("null", "true", "false", "0", "-1.5e3", "99999999999999999999999999", "1e999", "nul", "01"));
        if (depth == 0)
        {
            return leaf;
        }

        var inner = Json(depth - 1);
        return Gen.Frequency(
            (2, leaf),
            (2, inner.ArrayOf().Resize(4).Select(items => $"[{string.Join(',', items)}]")),
            (4, Object(inner)));
    }

    private static Gen<string> Object(Gen<string> value) =>
        (from name in Gen.Elements(Names) from v in value select (name, v)).ArrayOf().Resize(6)
        .Select(pairs => "{" + string.Join(',', pairs.DistinctBy(p => p.name).Select(p => $"\"{p.name.Replace("\"", "\\\"", StringComparison.Ordinal)}\":{p.v}")) + "}");

    private static readonly string[] LikelyPaths =
    [
        "title", "active", "name", "name.givenName", "emails", "emails[type eq \"work\"]", "emails[type eq \"work\"].value", "emails[primary eq true].display",
        "emails[not (type eq \"home\")].type", "emails.primary", "roles", "roles[value eq \"r\"].primary", "addresses[type eq \"home\"].locality", Enterprise,
        Enterprise + ":manager", "manager.value", Enterprise + ":department", "urn:example:crm:2.0:User:labels", "urn:example:crm:2.0:User:level", "password",
    ];

    private static readonly Gen<string> LikelyValues = Gen.Elements(
        "null", "true", "\"False\"", "\"w@x\"", "\"\"", "7", "[]", "{}", "{\"value\":\"w@x\",\"type\":\"work\"}", "[{\"value\":\"n@x\",\"primary\":true},\"o@x\"]",
        "{\"givenName\":\"G\",\"familyName\":null}", "{\"department\":\"D\",\"manager\":\"\"}", "[{\"$ref\":null,\"value\":\"m\"}]");

    private static readonly Gen<string> LikelyOperation =
        from op in Gen.Elements("add", "Replace", "remove")
        from path in Gen.Elements(LikelyPaths)
        from value in LikelyValues
        from pathless in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        let key = path.Replace("\"", "\\\"", StringComparison.Ordinal)
        select pathless ? $$"""{"op":"{{op}}","value":{"{{key}}":{{value}}} }""" : $$"""{"op":"{{op}}","path":"{{key}}","value":{{value}}}""";

    private static readonly Gen<string> WildOperation =
        from op in Gen.Elements("add", "Add", "replace", "Replace", "remove", "REMOVE")
        from path in Gen.Frequency((1, Gen.Constant<string?>(null)), (4, Gen.Elements(Names).Select(n => (string?)n)), (2, Soup().Select(s => (string?)s)))
        from value in Gen.Frequency((1, Gen.Constant<string?>(null)), (6, Json(3).Select(v => (string?)v)))
        select "{\"op\":\"" + op + "\""
            + (path is null ? null : ",\"path\":\"" + path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"")
            + (value is null ? null : ",\"value\":" + value) + "}";

    private static readonly Gen<string> PatchBody = Gen.Frequency((3, LikelyOperation), (1, WildOperation))
        .NonEmptyListOf().Resize(5).Select(ops => "{\"Operations\":[" + string.Join(',', ops) + "]}");

    private static Gen<string> Soup() => Gen.Elements(
            "userName", "emails", "emails[", "]", "(", ")", "not", "and", "or", "eq", "ne", "co", "gt", "pr", "\"a\"", "\"", "true", "null", "5", "1e999",
            ".", ".value", "type", "value", Enterprise, ":", "externalId", "\\", "members", "\"2020-01-01T00:00:00Z\"", "active", "[type eq \"work\"]", "\ud800")
        .SelectMany(word => Gen.Elements(" ", "", " ").Select(space => word + space))
        .ArrayOf().Resize(12).Select(string.Concat);

    private static void Check<T>(Gen<T> gen, Action<T> test, int? cases = null) =>
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(cases ?? Cases).WithQuietOnSuccess(true),
            Prop.ForAll(gen.ToArbitrary(), test));

    /// <summary>Runs what may refuse its input; any other exception fails the test.</summary>
    private static bool Refused(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (ScimException e)
        {
            Assert.InRange(e.Error.Status, 400, 499);
            Assert.NotEmpty(e.Error.ToUtf8());
            return true;
        }
    }

    [Fact]
    public void Random_bytes_are_read_or_refused()
    {
        var bytes = from text in Json(3)
                    from noise in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().Resize(4)
                    from at in Gen.Choose(0, 1000)
                    let body = Encoding.UTF8.GetBytes(text)
                    let cut = at % (body.Length + 1)
                    select (byte[])[.. body[..cut], .. noise, .. body[cut..]];
        Check(bytes, body => Refused(() => ScimResource.Parse(body, Crm)));
    }

    [Fact]
    public void Random_resources_conform_or_are_refused_and_conform_again_to_the_same()
    {
        Check(Object(Json(3)), json => Refused(() =>
        {
            var user = ScimResource.Parse(Encoding.UTF8.GetBytes(json), Crm).WithIdentity("u1", Meta);
            var again = ScimResource.FromBody(ScimJson.ParseObject(ScimJson.ToUtf8(user.Attributes)), Crm);
            Assert.True(user.Attributes.Equals(again.Attributes), $"{user.Attributes} became {again.Attributes}");
            Assert.NotEmpty(Text(w => user.WriteTo(w, null, BaseUrl)));
        }));
    }

    [Fact]
    public void Random_filters_are_tried_or_refused() =>
        Check(Soup(), text => Refused(() => ScimFilter.Parse(text).Matches(User(type: Crm))));

    [Fact]
    public void Random_PATCHes_are_applied_or_refused_and_never_alter_the_original()
    {
        var user = User("{\"userName\":\"b\",\"name\":{\"givenName\":\"B\"},\"emails\":[{\"value\":\"b@x\",\"type\":\"work\",\"primary\":true}],\"" + Enterprise + "\":{\"manager\":\"m1\"}}", Crm);
        var before = user.Attributes.ToString();
        var applied = 0;
        Check(PatchBody, body =>
        {
            var refused = Refused(() =>
            {
                var result = ScimPatch.Apply(user, ScimPatchRequest.Parse(Encoding.UTF8.GetBytes(body)));
                RequiredAttributes.Check(result.Resource.Attributes, Crm);
                Assert.Equal(result.Changed, !result.Resource.Attributes.Equals(user.Attributes));
                Assert.True(ScimResource.FromStored(result.Resource.ToStored(), Crm).Attributes.Equals(result.Resource.Attributes));
            });
            applied += refused ? 0 : 1;
            Assert.Equal(before, user.Attributes.ToString());
        });
        Assert.True(applied > Cases / 20, $"Only {applied} of {Cases} PATCHes were applied; the generator says too little.");
    }

    [Fact]
    public void Random_group_PATCHes_are_analyzed_or_refused() =>
        Check(PatchBody, body => Refused(() => ScimGroupPatch.Analyze(ScimPatchRequest.Parse(Encoding.UTF8.GetBytes(body)), ScimSchemas.GroupType)));

    [Fact]
    public void Random_messages_are_read_or_refused() =>
        Check(Object(Json(3)), json =>
        {
            var body = Encoding.UTF8.GetBytes(json);
            Refused(() => ScimBulkRequest.Parse(body).ResolveOrder());
            Refused(() => ScimQuery.FromSearchRequest(body));
        });

    [Fact]
    public void A_filter_parses_to_what_was_printed() =>
        Check(FilterOf(3), filter =>
        {
            var text = filter.ToString();
            Assert.Equal(text, ScimFilter.Parse(text, new ScimLimits { FilterLength = int.MaxValue, FilterTerms = int.MaxValue, FilterDepth = 100 }).ToString());
        });

    private static Gen<ScimFilter> FilterOf(int depth, bool inElement = false)
    {
        var path = from schema in Gen.Elements(null, null, "urn:example:crm:2.0:User")
                   from name in Gen.Elements("userName", "a", "x-y_1", "$ref", "not", "and")
                   from sub in Gen.Elements(null, null, "value")
                   select inElement ? new ScimAttributePath(null, name, null) : new ScimAttributePath(schema, name, sub);
        var literal = Gen.OneOf(
            Gen.Elements("", "a\"b\\c", "\u0001\t é😀", "and ) ] (").Select(ScimLiteral.Of),
            Gen.Elements(true, false).Select(ScimLiteral.Of),
            Gen.Constant(ScimLiteral.Null),
            Gen.Elements("0", "-12.5", "1e3").Select(t => new ScimLiteral(ScimLiteralKind.Number, t)));
        var comparison = from p in path
                         from op in Gen.Elements(Enum.GetValues<ScimOperator>())
                         from l in literal
                         select (ScimFilter)new ScimComparisonFilter(p, op, l);
        var leaf = Gen.OneOf(comparison, path.Select(p => (ScimFilter)new ScimPresentFilter(p)));
        if (depth == 0)
        {
            return leaf;
        }

        var inner = FilterOf(depth - 1, inElement);
        var terms = inner.ListOf(2);
        return Gen.OneOf(
            leaf,
            terms.Select(t => ScimFilter.All([.. t])),
            terms.Select(t => ScimFilter.Any([.. t])),
            inner.Select(f => (ScimFilter)new ScimNotFilter(f)),
            inElement ? leaf : FilterOf(depth - 1, inElement: true).Select(f => (ScimFilter)new ScimValuePathFilter(new ScimAttributePath(null, "emails", null), f)));
    }
}
