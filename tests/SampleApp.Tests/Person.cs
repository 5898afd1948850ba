using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace IdLcm.Samples.Tests;

/// <summary>Someone with a browser of their own: cookies, links, forms; follows redirects and nothing else.</summary>
internal sealed class Person(Uri home) : IDisposable
{
    private readonly HttpClient http = new(new HttpClientHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = true })
    {
        BaseAddress = home,
    };

    public Task<PageText> Open(string path) => Send(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<PageText> Press(PageText page, string button, params (string Label, string Value)[] entries) =>
        Submit(page.FormOf(button), entries);

    public Task<PageText> PressInRow(PageText page, string row, string button) => Submit(page.FormOf(button, row), []);

    public async Task<PageText> SignIn(string password = "Sample-admin-1!", string email = "admin@sample.test") =>
        await Press(await Open("/login"), "Sign in", ("Email", email), ("Password", password));

    public async Task<PageText> Invite(string email, string role = "Viewer", string first = "Ada", string last = "Lovelace") =>
        await Press(
            await Open("/members/invite"), "Send invite", ("First name", first), ("Last name", last), ("Email", email), ("Role", role));

    public void Dispose() => http.Dispose();

    private Task<PageText> Submit(PageForm form, (string Label, string Value)[] entries)
    {
        foreach (var (label, value) in entries)
            form.Fields[form.Labels[label]] = value;
        return form.Method == "get"
            ? Open(QueryHelpers.AddQueryString(form.Action, form.Fields!))
            : Send(new HttpRequestMessage(HttpMethod.Post, form.Action) { Content = new FormUrlEncodedContent(form.Fields) });
    }

    private async Task<PageText> Send(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await http.SendAsync(request);
            return new PageText(
                response.RequestMessage!.RequestUri!.PathAndQuery, response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }
}
