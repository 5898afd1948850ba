using System.Text;
using System.Text.Json.Nodes;
using IdLcm.Automation.Format;
using IdLcm.Automation.Running;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Http;

/// <summary>Does http steps: makes the request, bounds it, and says what an unexpected answer means.</summary>
internal sealed class HttpRunner(RunState run, FaultDetector detector)
{
    private const int MaxQuoted = 300;

    /// <summary>Whether a part of a call is left out where this placeholder has no value.</summary>
    public static bool MayLack(Template template, Operation operation) =>
        template.IsSinglePlaceholder && template.Placeholders.All(p => operation.Inputs.Any(i => i.Optional && i.Name == p.Root));

    /// <summary>The first placeholder without a value that the call cannot do without.</summary>
    public static string? Missing(HttpCall call, Frame frame)
    {
        foreach (var template in call.Templates)
        {
            var needed = ReferenceEquals(template, call.Url) || call.Headers.Values.Contains(template) || !MayLack(template, frame.Operation);
            if (needed && template.ResolveList(frame.Scope, out var missing) is null)
            {
                return missing;
            }
        }

        return null;
    }

    /// <summary>Sends a call; the answer is then what conditions, saves and reads look at.</summary>
    public async Task<StepFault?> SendAsync(HttpCall call, Frame frame, TimeSpan limit, bool commit)
    {
        var (address, problem) = Address(call, frame);
        return problem ?? await SendAsync(call, frame, address!, limit, commit) ?? await SaveAsync(call, frame);
    }

    /// <summary>Sends the last call again to another address: the next page of a list.</summary>
    public async Task<StepFault?> NextAsync(Frame frame, Uri address) => run.Http.LastCall is { Method: "GET" } call
        ? await SendAsync(call, frame, address, run.DefaultStepLimit, commit: false)
        : new(FailureCode.IncompleteRead, "Only the answer of a GET call has further pages.");

    private async Task<StepFault?> SendAsync(HttpCall call, Frame frame, Uri address, TimeSpan limit, bool commit)
    {
        string? missing = null;
        var headers = new List<(string Name, string Value)>();
        foreach (var (name, template) in call.Headers)
        {
            var value = template.Resolve(frame.Scope, out _) ?? "";
            if (value.Any(char.IsControl))
            {
                return new(FailureCode.UnsupportedOperation, $"The value of the header {name} has a control character.");
            }

            headers.Add((name, value));
        }

        var cookies = run.Http.Defaults.Cookies ? await CookiesAsync(address) : null;
        HttpRequestMessage Make(Uri at, string? method)
        {
            var request = new HttpRequestMessage(new(method ?? call.Method), at);
            missing ??= run.Http.Authenticate(request);
            if (HttpAccess.SameOrigin(at, address))
            {
                foreach (var (name, value) in headers)
                {
                    request.Headers.TryAddWithoutValidation(name, value);
                }

                if (cookies is not null)
                {
                    request.Headers.TryAddWithoutValidation("Cookie", cookies);
                }
            }

            request.Content = method is null ? Body(call, frame) : null;
            return request;
        }

        using var limited = new CancellationTokenSource(limit, run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limited.Token, run.Token);
        run.Http.Reply = null;
        run.Http.LastCall = call;
        try
        {
            var reply = await run.Http.Channel.SendAsync(Make, address, commit, either.Token);
            run.Http.Reply = reply;
            return missing is not null
                ? new(FailureCode.BadCredentials, $"The calls need '{missing}', which the service account does not have.")
                : call.Accepts(reply.Status) ? null : await ExplainAsync(reply, frame);
        }
        catch (OperationCanceledException) when (!run.Token.IsCancellationRequested)
        {
            return new(FailureCode.Timeout, $"{call.Method} {address.AbsolutePath} took longer than {limit.TotalSeconds:0.#} s.");
        }
        catch (HostBlockedException blocked)
        {
            return FaultDetector.Blocked(blocked.Host);
        }
        catch (ReplyTooLargeException large)
        {
            return new(FailureCode.IncompleteRead, large.Message);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new(FailureCode.AppUnavailable, $"{call.Method} {address.AbsolutePath}: the app does not answer ({(error as HttpRequestException)?.HttpRequestError.ToString() ?? "connection lost"}).");
        }
    }

    private (Uri? Address, StepFault? Fault) Address(HttpCall call, Frame frame)
    {
        var text = Addresses.Resolve(call.Url, frame.Scope);
        if (text is null)
        {
            return (null, new(FailureCode.UnsupportedOperation, $"A value cannot stand in the address {call.Url}."));
        }

        var full = text.Contains("://", StringComparison.Ordinal) ? text : $"{run.Http.BaseUrl.AbsoluteUri.TrimEnd('/')}/{text.TrimStart('/')}";
        var query = new StringBuilder();
        foreach (var (name, template) in call.Query)
        {
            if (template.Resolve(frame.Scope, out _) is { } value)
            {
                query.Append(query.Length == 0 && !full.Contains('?', StringComparison.Ordinal) ? '?' : '&')
                    .Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return Uri.TryCreate(full + query, UriKind.Absolute, out var address)
            ? (address, null)
            : (null, new(FailureCode.PageChanged, $"'{full}' is not an address."));
    }

    private static HttpContent? Body(HttpCall call, Frame frame)
    {
        bool Lack(Template template) => MayLack(template, frame.Operation);
        if (call.Json is { } json)
        {
            return new StringContent(json.Resolve(frame.Scope, Lack)?.ToJsonString() ?? "null", Encoding.UTF8, "application/json");
        }

        if (call.Form.Count > 0)
        {
            return new FormUrlEncodedContent(call.Form
                .SelectMany(f => (f.Value.ResolveList(frame.Scope, out _) ?? []).Select(v => KeyValuePair.Create(f.Key, v))));
        }

        // An empty body rather than none: the handler sends a request without a body again when its connection closes.
        return call.Method == "GET" ? null : new ByteArrayContent([]);
    }

    private async Task<string> CookiesAsync(Uri address) => string.Join(
        "; ", (await run.Session.Context.CookiesAsync([address.AbsoluteUri]).WaitAsync(run.DefaultStepLimit, run.Token)).Select(c => $"{c.Name}={c.Value}"));

    private async Task<StepFault> ExplainAsync(HttpReply reply, Frame frame)
    {
        if (await detector.DetectAsync(frame, ownErrors: true) is { } known)
        {
            return known;
        }

        if (reply.Status == 401)
        {
            return run.Http.Defaults.Cookies || run.Connector.SignsInByHttp
                ? StepFault.SessionEnded
                : new(FailureCode.BadCredentials, $"The app refused the service account's credential: {reply} was answered with status 401.");
        }

        var said = reply.Body.Length == 0 ? "" : $": {run.Mask.Apply(reply.Body.Length > MaxQuoted ? reply.Body[..MaxQuoted] + "…" : reply.Body)}";
        return FaultDetector.FromStatus(reply.Status, frame.SigningIn) is { } fault
            ? fault with { Detail = $"{fault.Detail.TrimEnd('.')} to {reply}{said}" }
            : new(FailureCode.PageChanged, $"{reply} was answered with status {reply.Status}{said}");
    }

    private async Task<StepFault?> SaveAsync(HttpCall call, Frame frame)
    {
        foreach (var (name, path) in call.Save)
        {
            if (path.Select(run.Http.Reply!.Json).FirstOrDefault() is not { } found)
            {
                return new(FailureCode.PageChanged, $"The answer to {run.Http.Reply} has nothing at {path}{Keys(run.Http.Reply.Json)}.");
            }

            if (SecretNames.IsSecret(name))
            {
                run.Mask.Add(found.ToString());
                if (!frame.SigningIn && run.Secrets is null)
                {
                    return new(FailureCode.UnsupportedOperation, $"The app shows '{name}', and nobody keeps it here.");
                }

                await (run.Secrets?.KeepAsync(name, found.ToString(), run.Token) ?? Task.CompletedTask);
            }

            frame.Scope.Set(name, found.DeepClone());
        }

        return null;
    }

    /// <summary>The keys of an answer, for a message.</summary>
    public static string Keys(JsonNode? json) => json switch
    {
        null => ": it is not JSON",
        JsonObject members => $"; it has {string.Join(", ", members.Take(20).Select(m => m.Key))}",
        JsonArray array => $"; it is a list of {array.Count}",
        _ => "",
    };
}
