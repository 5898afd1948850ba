using IdLcm.Automation.Format;

namespace IdLcm.Automation.Running;

/// <summary>Steps in words, for people who watch a run or read about it later. Secrets are masked afterwards.</summary>
internal static class StepDescriber
{
    private const int MaxLength = 300;

    public static string Describe(Step step, Scope scope)
    {
        string Value(Template template) => template.Placeholders.Any(p => SecretNames.IsSecret(p.Root))
            ? SecretMask.Mask
            : template.Resolve(scope, out _) ?? template.Source;
        string At(Locator locator) => LocatorBuilder.Describe(locator, scope);
        var text = step switch
        {
            GotoStep s => $"go to {Value(s.Address)}",
            ClickStep s => $"click {At(s.Target)}",
            HoverStep s => $"point at {At(s.Target)}",
            FillStep s => $"fill {At(s.Target)} with {Value(s.Value)}",
            SelectStep s => $"select {string.Join(", ", s.Options.Select(Value))} in {At(s.Target)}",
            CheckStep s => $"check {At(s.Target)}: {Value(s.Checked)}",
            PressStep s => s.Target is null ? $"press {s.Key}" : $"press {s.Key} in {At(s.Target)}",
            UploadStep s => $"upload {Value(s.FileName)} to {At(s.Target)}",
            WaitForStep s => $"wait for {Of(s.Condition, scope)}",
            ExpectStep s => $"expect {Of(s.Condition, scope)}",
            ReadStep s => $"read {At(s.Target)} as {s.To}",
            DownloadStep s => $"download by {At(s.Target)}",
            HttpStep s => $"call {s.Call.Method} {Value(s.Call.Url)}",
            FrameStep s => $"find {s.Target}",
            PopUpStep s => $"click {At(s.Click)}, which opens a pop-up",
            TotpStep s => $"fill {At(s.Target)} with the one-time code",
            _ => step.GetType().Name,
        };
        return text.Length > MaxLength ? text[..MaxLength] + "…" : text;
    }

    private static string Of(Condition condition, Scope scope)
    {
        string? Seen(See? see) => see?.Locator is { } locator ? LocatorBuilder.Describe(locator, scope) : see?.Text?.Resolve(scope, out _);
        return Seen(condition.See) ?? (Seen(condition.NotSee) is { } gone ? $"no {gone}" : null)
            ?? condition.Alert?.Resolve(scope, out _) ?? condition.Url ?? "condition";
    }
}

/// <summary>The placeholders whose values are secrets.</summary>
internal static class SecretNames
{
    public static bool IsSecret(string root) => root is "password" or "generatedPassword" or "newPassword" or "accessToken" or "totpSecret" or "backupCodes";
}
