using System.Text.RegularExpressions;
using IdLcm.Automation.Format;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>Locators of the format as Playwright's, and in words.</summary>
internal static class LocatorBuilder
{
    /// <summary>All visible elements that match. Placeholders are known to have values.</summary>
    public static ILocator Build(IPage page, Frame frame, Locator locator, ILocator? root = null, bool visible = true)
    {
        root = locator.Within is { } within ? Build(page, frame, within, root ?? frame.Row) : root ?? frame.Row;
        var found = locator.Kind == LocatorKind.Any
            ? locator.Alternatives.Select(a => Build(page, frame, a, root, visible: false)).Aggregate((a, b) => a.Or(b))
            : Single(page, frame, locator, root);
        if (locator.Has is { } has)
        {
            // Inside a filter the element is looked for below each match, so it must not be tied to the row again.
            found = found.Filter(new() { Has = Build(page, frame with { Row = null }, has, visible: false) });
        }

        if (locator.HasText?.Resolve(frame.Scope, out _) is { } text)
        {
            found = found.Filter(new() { HasText = Fold(text) });
        }

        return visible ? found.Filter(new() { Visible = true }) : found;
    }

    /// <summary>All visible elements that a proposal matches.</summary>
    public static ILocator Build(IPage page, Frame frame, LocatorRepair repair, ILocator? root)
    {
        var document = frame.Document ?? page.MainFrame;
        var name = repair.IsTemplate ? Template.Parse(repair.Name, default, new("")).Resolve(frame.Scope, out _) ?? repair.Name : repair.Name;
        var found = (repair.Kind, root) switch
        {
            ("role", null) => document.GetByRole(Role(repair.Role!), new() { NameString = name, Exact = true }),
            ("role", _) => root.GetByRole(Role(repair.Role!), new() { NameString = name, Exact = true }),
            ("label", null) => document.GetByLabel(name, new() { Exact = true }),
            ("label", _) => root.GetByLabel(name, new() { Exact = true }),
            ("placeholder", null) => document.GetByPlaceholder(name, new() { Exact = true }),
            ("placeholder", _) => root.GetByPlaceholder(name, new() { Exact = true }),
            (_, null) => document.GetByText(name, new() { Exact = true }),
            _ => root.GetByText(name, new() { Exact = true }),
        };
        return found.Filter(new() { Visible = true });
    }

    /// <summary>In words: <c>button "Send invite" in dialog "Invite"</c>.</summary>
    public static string Describe(Locator locator, Scope? scope = null)
    {
        string Words(Template? template) => template is null ? "" : template.Resolve(scope ?? new(), out _) ?? template.Source;
        var own = locator.Kind switch
        {
            LocatorKind.Role => locator.Value is null ? locator.Role! : $"{locator.Role} \"{Words(locator.Value)}\"",
            LocatorKind.Label => $"field \"{Words(locator.Value)}\"",
            LocatorKind.Text => $"text \"{Words(locator.Value)}\"",
            LocatorKind.Placeholder => $"field with placeholder \"{Words(locator.Value)}\"",
            LocatorKind.TestId => $"test id {Words(locator.Value)}",
            LocatorKind.Css => $"css {Words(locator.Value)}",
            LocatorKind.XPath => $"xpath {Words(locator.Value)}",
            _ => string.Join(" or ", locator.Alternatives.Select(a => Describe(a, scope))),
        };
        var having = locator.Has is { } has ? $" that has {Describe(has, scope)}" : "";
        var saying = locator.HasText is { } text ? $" that says \"{Words(text)}\"" : "";
        var place = locator.Within is { } within ? $" in {Describe(within, scope)}" : "";
        return own + having + saying + place;
    }

    private static ILocator Single(IPage page, Frame frame, Locator locator, ILocator? root)
    {
        var document = frame.Document ?? page.MainFrame;
        var value = locator.Value?.Resolve(frame.Scope, out _);
        var exact = locator.Match == MatchMode.Exact;
        var pattern = locator.Match == MatchMode.Regex && value is not null
            // The browser's own engine runs it, and the driver takes no options that this one does not know.
            ? new Regex(value, RegexOptions.None, TimeSpan.FromSeconds(2))
            : null;
        var text = value is null ? null : Fold(value);
        switch (locator.Kind)
        {
            case LocatorKind.Role:
                var role = Role(locator.Role!);
                return root is null
                    ? document.GetByRole(role, pattern is not null ? new() { NameRegex = pattern } : new() { NameString = text, Exact = exact })
                    : root.GetByRole(role, pattern is not null ? new() { NameRegex = pattern } : new() { NameString = text, Exact = exact });
            case LocatorKind.Label:
                return pattern is not null
                    ? root is null ? document.GetByLabel(pattern) : root.GetByLabel(pattern)
                    : root is null ? document.GetByLabel(text!, new() { Exact = exact }) : root.GetByLabel(text!, new() { Exact = exact });
            case LocatorKind.Text:
                return pattern is not null
                    ? root is null ? document.GetByText(pattern) : root.GetByText(pattern)
                    : root is null ? document.GetByText(text!, new() { Exact = exact }) : root.GetByText(text!, new() { Exact = exact });
            case LocatorKind.Placeholder:
                return pattern is not null
                    ? root is null ? document.GetByPlaceholder(pattern) : root.GetByPlaceholder(pattern)
                    : root is null ? document.GetByPlaceholder(text!, new() { Exact = exact }) : root.GetByPlaceholder(text!, new() { Exact = exact });
            case LocatorKind.TestId:
                return root is null ? document.GetByTestId(value!) : root.GetByTestId(value!);
            default:
                var selector = (locator.Kind == LocatorKind.XPath ? "xpath=" : "css=") + value;
                return root is null ? document.Locator(selector) : root.Locator(selector);
        }
    }

    private static AriaRole Role(string name) => Enum.Parse<AriaRole>(name, ignoreCase: true);

    /// <summary>As the browser shows it: runs of white space are one space.</summary>
    public static string Fold(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
