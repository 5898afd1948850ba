namespace IdLcm.Automation.Format;

/// <summary>Every template and locator that a step or condition uses itself (not those of the steps inside it).</summary>
internal static class TemplateWalk
{
    public static IEnumerable<Template> Templates(Step step) => OwnTemplates(step).Concat(Locators(step).SelectMany(Templates));

    public static IEnumerable<Locator> Locators(Step step) => step switch
    {
        ClickStep s => [s.Target],
        HoverStep s => [s.Target],
        FillStep s => [s.Target],
        SelectStep s => [s.Target],
        CheckStep s => [s.Target],
        PressStep { Target: { } target } => [target],
        UploadStep s => [s.Target],
        ReadStep s => [s.Target],
        DownloadStep s => [s.Target],
        TotpStep s => [s.Target],
        ForEachStep { Rows: { } rows } => [rows],
        PopUpStep s => [s.Click],
        WaitForStep s => Locators(s.Condition),
        ExpectStep s => Locators(s.Condition),
        WhenStep s => Locators(s.Condition),
        _ => [],
    };

    public static IEnumerable<Locator> Locators(Condition condition) =>
        new[] { condition.See?.Locator, condition.NotSee?.Locator }.OfType<Locator>();

    public static IEnumerable<Locator> Nested(Locator locator) =>
        locator.Alternatives.Append(locator.Within).Append(locator.Has).OfType<Locator>();

    public static IEnumerable<Locator> WithNested(Locator locator) => Nested(locator).SelectMany(WithNested).Prepend(locator);

    public static IEnumerable<Template> Templates(Locator locator) =>
        WithNested(locator).SelectMany(l => new[] { l.Value, l.HasText }).OfType<Template>();

    public static IEnumerable<Template> Templates(Condition condition) =>
        new[] { condition.See?.Text, condition.NotSee?.Text, condition.Alert, condition.Value }
            .OfType<Template>().Concat(condition.OneOf).Concat(Locators(condition).SelectMany(Templates));

    public static IEnumerable<IReadOnlyList<Step>> Inner(Step step) => step switch
    {
        WhenStep s => [s.Then, s.Else],
        ForEachStep s => [s.Steps],
        FrameStep s => [s.Steps],
        PopUpStep s => [s.Steps],
        _ => [],
    };

    /// <summary>The steps and those inside them; fragments are not entered.</summary>
    public static IEnumerable<Step> Deep(IEnumerable<Step> steps) =>
        steps.SelectMany(s => Inner(s).SelectMany(Deep).Prepend(s));

    /// <summary>The steps and those of the fragments that they use; each fragment is entered once, so that no nesting of fragments unfolds without bound.</summary>
    public static IEnumerable<Step> Expanded(
        IEnumerable<Step> steps, IReadOnlyDictionary<string, IReadOnlyList<Step>> fragments, HashSet<string>? entered = null)
    {
        entered ??= new(StringComparer.Ordinal);
        foreach (var step in Deep(steps))
        {
            yield return step;
            if (step is UseStep use && fragments.TryGetValue(use.Fragment, out var inner) && entered.Add(use.Fragment))
            {
                foreach (var further in Expanded(inner, fragments, entered))
                {
                    yield return further;
                }
            }
        }
    }

    private static IEnumerable<Template> OwnTemplates(Step step) => step switch
    {
        GotoStep s => [s.Address],
        FillStep s => [s.Value],
        SelectStep s => s.Options,
        CheckStep s => [s.Checked],
        UploadStep s => [s.FileName, s.Content],
        ForEachStep { In: { } list } => [list],
        HttpStep s => s.Call.Templates,
        FindStep s => [s.Identifier],
        ExpectStep { Message: { } message } s => ConditionTemplates(s.Condition).Append(message),
        ExpectStep s => ConditionTemplates(s.Condition),
        WaitForStep s => ConditionTemplates(s.Condition),
        WhenStep s => ConditionTemplates(s.Condition),
        _ => [],
    };

    private static IEnumerable<Template> ConditionTemplates(Condition condition) =>
        new[] { condition.See?.Text, condition.NotSee?.Text, condition.Alert, condition.Value }.OfType<Template>().Concat(condition.OneOf);
}
