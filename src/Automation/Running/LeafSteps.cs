using System.Text;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Domain.Connectors;
using IdLcm.Domain.Secrets;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Does the steps that have no steps inside.</summary>
internal sealed class LeafSteps(RunState run, PageActions actions, HttpRunner http)
{
    private readonly FieldTyping typing = new();

    /// <summary>Takes the rows of the files that download steps get.</summary>
    public ListedRows Downloaded { get; set; } = new(run.Connector.Manifest.UserSchema.PrimaryIdentifier);

    /// <summary>Does one step.</summary>
    /// <param name="step">The step, whose placeholders have values.</param>
    /// <param name="frame">Its surroundings.</param>
    /// <param name="standing">The page on which a find step has just seen its account.</param>
    /// <returns>Why it failed, and which of the locator's alternatives matched.</returns>
    public async Task<(StepFault? Fault, int? Alternative)> DoAsync(Step step, Frame frame, LoadedPage? standing)
    {
        string Text(Template template) => template.Resolve(frame.Scope, out _) ?? "";
        var limit = run.StepLimit(step);
        if (BrowserNeed.NeedsPage(step))
        {
            // From here on steps look at the page.
            run.Http.Reply = null;
        }

        if (step is GotoStep or ClickStep or PressStep)
        {
            typing.Forget();
        }

        switch (step)
        {
            case GotoStep s:
                return (await GotoAsync(frame, s.Address, limit, standing), null);
            case ClickStep s:
                return await WithDialogAsync(s.AcceptDialog, () => actions.OnElementAsync(frame, s.Target, limit, (e, ms) => e.ClickAsync(new() { Timeout = ms })));
            case HoverStep s:
                return await actions.OnElementAsync(frame, s.Target, limit, (e, ms) => e.HoverAsync(new() { Timeout = ms }));
            case FillStep s:
                var value = Text(s.Value);
                return await actions.OnElementAsync(frame, s.Target, limit, (e, ms) => typing.FillAsync(e, value, ms));
            case SelectStep s:
                return await SelectAsync(s, frame, limit);
            case CheckStep s:
                var wanted = Text(s.Checked) is "true" or "True" or "1" or "yes";
                return await actions.OnElementAsync(frame, s.Target, limit, (e, ms) => e.SetCheckedAsync(wanted, new() { Timeout = ms }));
            case PressStep { Target: { } target } s:
                return await WithDialogAsync(s.AcceptDialog, () => actions.OnElementAsync(frame, target, limit, (e, ms) => e.PressAsync(s.Key, new() { Timeout = ms })));
            case PressStep s:
                return await WithDialogAsync(s.AcceptDialog, async () =>
                {
                    actions.Touch();
                    return (await actions.WatchAsync(frame, () => run.Page.Keyboard.PressAsync(s.Key), null), null);
                });
            case UploadStep s:
                var file = new FilePayload { Name = Text(s.FileName), MimeType = s.ContentType, Buffer = Encoding.UTF8.GetBytes(Text(s.Content)) };
                return await actions.OnElementAsync(frame, s.Target, limit, (e, ms) => e.SetInputFilesAsync(file, new() { Timeout = ms }), visible: false);
            case WaitForStep s:
                return (await actions.UntilAsync(frame, s.Condition, s.Condition.Timeout ?? limit, ownErrors: true), null);
            case ExpectStep s:
                return (await ExpectAsync(s, frame, s.Condition.Timeout ?? limit), null);
            case ReadStep s:
                return await ReadAsync(s, frame, limit);
            case DownloadStep s:
                return await DownloadAsync(s, frame, limit);
            case TotpStep s:
                return await TotpAsync(s, frame, limit);
            case HttpStep s:
                return (await http.SendAsync(s.Call, frame, limit, s.Commit), null);
            default:
                throw new NotSupportedException(step.GetType().Name);
        }
    }

    /// <summary>Opens an address, unless the page that it leads to has just come and is still as it came.</summary>
    public async Task<StepFault?> GotoAsync(Frame frame, Template address, TimeSpan limit, LoadedPage? standing = null)
    {
        run.Http.Reply = null;
        if (!Uri.TryCreate(run.Session.BaseUrl, Addresses.Resolve(address, frame.Scope), out var target))
        {
            return new(FailureCode.PageChanged, $"'{address.Resolve(frame.Scope, out _)}' is not an address.");
        }

        return standing is not null && standing.Asked == target.AbsoluteUri && standing.Shown == run.Page.Url ? null : await actions.GotoAsync(frame, target, limit);
    }

    private async Task<(StepFault? Fault, int? Alternative)> SelectAsync(SelectStep step, Frame frame, TimeSpan limit)
    {
        var wanted = step.Options.SelectMany(o => o.ResolveList(frame.Scope, out _) ?? []).ToList();
        var options = wanted.Select(o => new SelectOptionValue { Label = o }).ToList();
        // An option that is not offered should not take the whole limit to find out: the field is awaited, then the option briefly.
        var (fault, alternative) = await actions.OnElementAsync(frame, step.Target, limit, async (e, ms) =>
        {
            var selecting = e.SelectOptionAsync(options, new() { Timeout = ms });
            if (await Task.WhenAny(selecting, Task.Delay(TimeSpan.FromSeconds(1), run.Token)) != selecting && await e.CountAsync() == 1)
            {
                var offered = await e.Locator("option").AllTextContentsAsync();
                if (!wanted.TrueForAll(w => offered.Any(o => o.Trim() == w)))
                {
                    throw new PlaywrightException("did not find some options");
                }
            }

            await selecting;
        });
        return fault is { Code: FailureCode.PageChanged } && fault.Detail.Contains("does not offer", StringComparison.Ordinal)
            && step.Options.Any(o => o.Placeholders.Any(p => p.Root is "roles" or "role"))
            ? (new(FailureCode.RoleNotAssignable, $"{LocatorBuilder.Describe(step.Target, frame.Scope)} does not offer {string.Join(", ", wanted)}."), alternative)
            : (fault, alternative);
    }

    private async Task<StepFault?> ExpectAsync(ExpectStep step, Frame frame, TimeSpan limit)
    {
        var fault = await actions.UntilAsync(frame, step.Condition, limit, ownErrors: true);
        return fault is { Code: FailureCode.PageChanged, SignedOut: false }
            ? new(step.Code, step.Message?.Resolve(frame.Scope, out _) ?? fault.Detail)
            : fault;
    }

    private async Task<(StepFault? Fault, int? Alternative)> ReadAsync(ReadStep step, Frame frame, TimeSpan limit)
    {
        string? text = null;
        var (fault, alternative) = await actions.OnElementAsync(frame, step.Target, limit, async (e, ms) => text = step.Attribute is { } attribute
            ? await e.GetAttributeAsync(attribute, new() { Timeout = ms })
            : await e.InnerTextAsync(new() { Timeout = ms }));
        if (fault is not null)
        {
            return (fault, alternative);
        }

        var value = FieldValues.Matched((text ?? "").Trim(), step.Regex);
        if (value is null)
        {
            return (new(FailureCode.PageChanged, $"{LocatorBuilder.Describe(step.Target, frame.Scope)} does not have the form {step.Regex}."), alternative);
        }

        if (SecretNames.IsSecret(step.To))
        {
            run.Mask.Add(value);
            foreach (var line in value.Split('\n', StringSplitOptions.TrimEntries))
            {
                run.Mask.Add(line);
            }

            if (run.Secrets is not { } sink)
            {
                return (new(FailureCode.UnsupportedOperation, $"The app shows '{step.To}', and nobody keeps it here."), alternative);
            }

            await sink.KeepAsync(step.To, value, run.Token);
        }

        frame.Scope.Set(step.To, value);
        return (null, alternative);
    }

    private async Task<(StepFault? Fault, int? Alternative)> DownloadAsync(DownloadStep step, Frame frame, TimeSpan limit)
    {
        return await new DownloadReader(run, actions).ReadAsync(step, frame, Downloaded, limit);
    }

    private async Task<(StepFault? Fault, int? Alternative)> TotpAsync(TotpStep step, Frame frame, TimeSpan limit)
    {
        // A factor that is being set up is answered by the secret that the page has just shown.
        var totpSecret = frame.Scope.Get(new("totpSecret", []))?.ToString() ?? run.TotpSecret;
        if (totpSecret is null)
        {
            return (new(FailureCode.MfaRequired, "The app asks for a one-time code, and the service account has no TOTP secret on file."), null);
        }

        if (TotpCode.DecodeSecret(totpSecret) is not { } secret)
        {
            return (new(FailureCode.BadCredentials, "The TOTP secret is not Base32."), null);
        }

        var code = await run.Totp.NextAsync(secret, run.Token);
        return await actions.OnElementAsync(frame, step.Target, limit, (e, ms) => typing.FillAsync(e, code, ms));
    }

    private async Task<(StepFault? Fault, int? Alternative)> WithDialogAsync(bool? accept, Func<Task<(StepFault? Fault, int? Alternative)>> act)
    {
        using var answering = accept is { } answer ? run.Session.AnswerDialogs(answer) : null;
        return await act();
    }
}
