using System.Text.Json;
using IdLcm.Automation.Browser;
using IdLcm.Automation.Running;
using Microsoft.Playwright;

namespace IdLcm.Automation.Tests;

/// <summary>What is read without the driver's selector engine is exactly what the driver would have read, or nothing at all.</summary>
public sealed class QuickReadTests(QuickReadTests.Tab tab) : IClassFixture<QuickReadTests.Tab>
{
    private const string Row = "<tr><th>Email</th></tr><tr><td>a@x.test</td></tr>";

    private readonly IPage page = tab.Page;

    public static TheoryData<string, string, bool> Containers => new()
    {
        { "<table id=t aria-label=Members>" + Row + "</table>", "table", true },
        { "<table id=t><caption> Members\n </caption>" + Row + "</table><table aria-label=Other>" + Row + "</table>", "table", true },
        { "<h2 id=h>Members</h2><table id=t aria-labelledby=h>" + Row + "</table>", "table", true },
        { "<table id=t title=Members>" + Row + "</table>", "table", true },
        { "<table id=t aria-label=Members>" + Row + "</table><table aria-label=Members style='display:none'>" + Row + "</table>", "table", true },
        { "<table id=t aria-label=Members>" + Row + "</table><div aria-hidden=true><table aria-label=Members>" + Row + "</table></div>", "table", true },
        { "<ul id=t aria-label=Members><li>a</li></ul>", "list", true },
        { "<div id=t role=grid aria-label=Members><div role=row><div role=gridcell>a</div></div></div>", "grid", true },
        { "<main id=t aria-label=Members>text</main>", "main", true },
        { "<table aria-label=Members>" + Row + "</table><table aria-label=Members>" + Row + "</table>", "table", false },
        { "<table aria-label=members>" + Row + "</table>", "table", false },
        { "<table role=grid aria-label=Members>" + Row + "</table>", "table", false },
        { "<table role=presentation aria-label=Members>" + Row + "</table>", "table", false },
        { "<h2 id=h>The <b>Members</b></h2><table aria-labelledby=h>" + Row + "</table>", "table", false },
        { "<table aria-label=Members>" + Row + "</table><div id=host></div><script>host.attachShadow({mode:'open'}).innerHTML='<table aria-label=Members>" + Row + "</table>'</script>", "table", false },
        { "<p>nothing</p>", "table", false },
    };

    [Theory]
    [MemberData(nameof(Containers))]
    public async Task The_quick_look_finds_the_driver_s_element_or_none(string html, string role, bool found)
    {
        await page.SetContentAsync(html);
        var quick = await page.EvaluateAsync<string?>($"(want) => {{ const e = ({PageScripts.Container})(want); return e && e.id; }}", new { role, name = "Members" });
        Assert.Equal(found, quick is not null);
        if (found)
        {
            var driver = page.GetByRole(Enum.Parse<AriaRole>(role, ignoreCase: true), new() { NameString = "Members", Exact = true }).Filter(new() { Visible = true });
            Assert.Equal(await driver.GetAttributeAsync("id"), quick);
        }
    }

    public static TheoryData<string, bool> Fields => new()
    {
        { "<label for=f>First name</label><input id=f value=Ann>", true },
        { "<label> First\n name <input value=Ann></label>", true },
        { "<input aria-label='First name' value=Ann>", true },
        { "<span id=s>First name</span><textarea aria-labelledby=s>Ann</textarea>", true },
        { "<label for=f>First name</label><select id=f><option>Bob<option selected> Ann </select>", true },
        { "<label for=f>First name</label><input id=f type=checkbox checked>", true },
        { "<label for=f>First name</label><input id=f value=Ann><label style='display:none'>First name<input value=Hidden></label>", true },
        { "<p aria-label='First name'>Ann</p>", true },
        { "<label for=f>First name *</label><input id=f value=Ann>", false },
        { "<label for=f>First name</label><input id=f value=Ann><input aria-label='First name' value=Other>", false },
        { "<p>First name: Ann</p>", false },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_is_read_as_the_driver_reads_it_or_not_at_all(string html, bool found)
    {
        await page.SetContentAsync(html);
        var quick = await page.EvaluateAsync<string?>(PageScripts.Fields, JsonSerializer.Serialize(new[] { new { label = "First name", css = (string?)null, attribute = (string?)null } }));
        Assert.Equal(found, quick is not null);
        if (found)
        {
            var driver = page.GetByLabel("First name", new() { Exact = true }).Filter(new() { Visible = true });
            Assert.Equal(await driver.EvaluateAsync<string?>(PageScripts.Value, null), JsonSerializer.Deserialize<string?[]>(quick!)!.Single());
        }
    }

    [Fact]
    public async Task A_selector_that_only_the_driver_knows_is_left_to_it()
    {
        await page.SetContentAsync("<p class=x>Ann</p>");
        string Query(string css) => JsonSerializer.Serialize(new[] { new { label = (string?)null, css, attribute = (string?)null } });
        Assert.Equal("[\"Ann\"]", await page.EvaluateAsync<string?>(PageScripts.Fields, Query("p.x")));
        Assert.Null(await page.EvaluateAsync<string?>(PageScripts.Fields, Query("p:has-text('Ann')")));
    }

    /// <summary>One page for all of them.</summary>
    public sealed class Tab : IAsyncLifetime
    {
        private IPlaywright playwright = null!;
        private IBrowser browser = null!;

        public IPage Page { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            playwright = await Playwright.CreateAsync();
            browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = ChromiumExecutable.Find(headless: true), ChromiumSandbox = !Environment.IsPrivilegedProcess });
            Page = await browser.NewPageAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await browser.DisposeAsync();
            playwright.Dispose();
        }
    }
}
