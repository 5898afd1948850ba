using System.Text;
using FsCheck;
using FsCheck.Fluent;
using IdLcm.Domain.Scim;
using static IdLcm.Domain.Tests.Scim.ScimSamples;

namespace IdLcm.Domain.Tests.Scim;

/// <summary>PATCH beside a model that is as simple as can be: a dictionary of texts by path, and a set of members.</summary>
public sealed class ScimPatchModelTests
{
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("IDLCM_FUZZ_CASES"), out var n) ? n : 3_000;

    private static readonly string[] Paths =
    [
        "title", "displayName", "active", "name.givenName", "name.familyName", Enterprise + ":department", Enterprise + ":manager.value",
        "emails[type eq \"work\"].value", "emails[type eq \"home\"].value", "phoneNumbers[type eq \"mobile\"].value", "addresses[type eq \"work\"].locality",
    ];

    private sealed record Step(int Dialect, string Path, string? Value);

    private static readonly Gen<Step> Steps =
        from dialect in Gen.Choose(0, 3)
        from path in Gen.Elements(Paths)
        from value in path == "active" ? Gen.Elements("true", "false", null) : Gen.Elements("a", "B", "ç", null)
        select new Step(dialect, path, value);

    private static string Render(Step step)
    {
        var path = step.Path.Replace("\"", "\\\"", StringComparison.Ordinal);
        var text = step.Path == "active" && step.Dialect % 2 == 0 ? step.Value : step.Value is null ? null : $"\"{step.Value}\"";
        return (step.Dialect, text) switch
        {
            (0, null) => $$"""{"op":"replace","path":"{{path}}","value":null}""",
            (1, null) => $$"""{"op":"Remove","path":"{{path}}"}""",
            (_, null) => $$"""{"op":"replace","value":{"{{path}}":null} }""",
            (0, _) => $$"""{"op":"add","path":"{{path}}","value":{{text}}}""",
            (1, _) => $$"""{"op":"Replace","path":"{{path}}","value":{{text}}}""",
            (2, _) => $$"""{"op":"replace","value":{"{{path}}":{{text}}} }""",
            _ => $$"""{"op":"Add","value":{"{{path}}":{{text}}} }""",
        };
    }

    [Fact]
    public void A_PATCH_does_to_a_user_what_it_does_to_a_dictionary()
    {
        var request = Steps.NonEmptyListOf().Resize(12);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithQuietOnSuccess(true), Prop.ForAll(request.ToArbitrary(), steps =>
        {
            var model = new Dictionary<string, string>(StringComparer.Ordinal);
            var user = User("""{"userName":"b"}""");
            foreach (var batch in steps.Chunk(3))
            {
                var next = new Dictionary<string, string>(model, StringComparer.Ordinal);
                var allowed = batch.All(step => Play(next, step));
                var patch = Patch(string.Join(',', batch.Select(Render)));
                if (!allowed)
                {
                    Assert.Equal(ScimErrorType.NoTarget, Refusal(() => ScimPatch.Apply(user, patch)).Type);
                    continue;
                }

                var result = ScimPatch.Apply(user, patch);

                // Removed and added again, an element stands elsewhere in its array: that is a change, though not to the model.
                Assert.True(result.Changed || model.Count == next.Count && !model.Except(next).Any());
                Assert.Equal(!result.Changed, ReferenceEquals(user, result.Resource));
                (user, model) = (result.Resource, next);
                Assert.All(Paths, path => Assert.Equal(model.GetValueOrDefault(path), user.GetText(path)));
                Assert.All(new[] { "emails", "phoneNumbers", "addresses" }, name =>
                    Assert.Equal(model.Keys.Count(k => k.StartsWith(name, StringComparison.Ordinal)), (user[name] as ScimArray)?.Count ?? 0));
            }
        }));
    }

    /// <summary>False where the step must be refused: it removes from an element that is not there by an explicit Remove.</summary>
    private static bool Play(Dictionary<string, string> model, Step step)
    {
        if (step.Value is not null)
        {
            model[step.Path] = step.Value;
            return true;
        }

        return model.Remove(step.Path) || step.Dialect != 1 || !step.Path.Contains('[', StringComparison.Ordinal);
    }

    private static readonly Gen<(int Kind, string[] Ids)> MemberSteps =
        from kind in Gen.Choose(0, 6)
        from ids in Gen.Choose(0, 9).Select(i => $"u{i}").NonEmptyListOf().Resize(4)
        select (kind, ids.ToArray());

    private static string Render((int Kind, string[] Ids) step)
    {
        var values = "[" + string.Join(',', step.Ids.Select(id => $$"""{"value":"{{id}}"}""")) + "]";
        return step.Kind switch
        {
            0 => $$"""{"op":"add","path":"members","value":{{values}}}""",
            1 => $$"""{"op":"Add","value":{"members":{{values}}} }""",
            2 => $$"""{"op":"Remove","path":"members","value":{{values}}}""",
            3 => $$"""{"op":"remove","path":"members[value eq \"{{step.Ids[0]}}\"]"}""",
            4 => $$"""{"op":"replace","path":"members","value":{{values}}}""",
            5 => """{"op":"remove","path":"members"}""",
            _ => $$"""{"op":"remove","path":"members[{{string.Join(" or ", step.Ids.Select(id => $"value eq \\\"{id}\\\""))}}]"}""",
        };
    }

    private static void Play(SortedSet<string> model, (int Kind, string[] Ids) step)
    {
        switch (step.Kind)
        {
            case 0 or 1:
                model.UnionWith(step.Ids);
                break;
            case 3:
                model.Remove(step.Ids[0]);
                break;
            case 4:
                model.Clear();
                model.UnionWith(step.Ids);
                break;
            case 5:
                model.Clear();
                break;
            default:
                model.ExceptWith(step.Ids);
                break;
        }
    }

    [Fact]
    public void Applied_or_analyzed_a_PATCH_does_to_members_what_it_does_to_a_set()
    {
        var request = from start in Gen.Choose(0, 9).Select(i => $"u{i}").ListOf().Resize(6)
                      from steps in MemberSteps.NonEmptyListOf().Resize(6)
                      select (start, steps);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithQuietOnSuccess(true), Prop.ForAll(request.ToArbitrary(), input =>
        {
            var model = new SortedSet<string>(input.start, StringComparer.Ordinal);
            var members = string.Join(',', model.Select(id => $"\"{id}\""));
            var group = ScimResource.Parse(Encoding.UTF8.GetBytes($$"""{"displayName":"G","members":[{{members}}]}"""), ScimSchemas.GroupType);
            var patch = Patch(string.Join(',', input.steps.Select(Render)));

            var analysis = ScimGroupPatch.Analyze(patch, ScimSchemas.GroupType);
            var analyzed = analysis.ReplacesMembers ? [] : new SortedSet<string>(model, StringComparer.Ordinal);
            analyzed.UnionWith(analysis.Adds.Select(m => m.Value));
            analyzed.ExceptWith(analysis.Removes);

            var applied = ScimGroupMember.TakeFrom(ScimPatch.Apply(group, patch).Resource, out _).Select(m => m.Value);
            foreach (var step in input.steps)
            {
                Play(model, step);
            }

            Assert.Equal(model, applied.Order(StringComparer.Ordinal));
            Assert.Equal(model, analyzed);
            Assert.False(analysis.NeedsMembers);
            Assert.Empty(analysis.Adds.Select(m => m.Value).Intersect(analysis.Removes, StringComparer.Ordinal));
        }));
    }
}
